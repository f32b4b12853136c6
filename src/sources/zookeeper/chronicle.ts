import { gunzipSync, gzipSync } from 'node:zlib';

import type { HistoryEntry } from '../../core/writable.js';
import { isCode } from '../../zookeeper/errors.js';
import { parentOf } from '../../zookeeper/paths.js';
import type { Acl, Operation, Stat, ZooKeeperClient } from '../../zookeeper/index.js';
import type { Place } from './options.js';

/** One key of a write. */
export interface Changed {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** One write. */
export interface Recorded {
  readonly zxid: bigint;
  readonly at: Date;
  readonly author: string;
  readonly reason: string;
  readonly changes: readonly Changed[];
  /** The transaction that had written the document before, where there is one. */
  readonly from: bigint | undefined;
}

export type Record = Omit<Recorded, 'zxid' | 'at'>;

const prefix = 'w-';
const entriesPerRead = 48;
const packedFrom = 1_024;
/** More than one, so that a history that was made shorter shrinks. */
const droppedAtOnce = 50;

/**
 * The history of a root: `<root>-history/w-0000000000`, one node for each write, sequential, JSON or gzip of it. The transaction
 * that creates an entry is the one that wrote the keys. Each write also sets the node above, with the version that it has read:
 * of two writers at one time one comes too late, and looks again.
 */
export class Chronicle {
  readonly #client: ZooKeeperClient;
  readonly #root: string;
  readonly #length: number;
  readonly #acl: readonly Acl[];

  constructor(client: ZooKeeperClient, { history, historyLength, acl }: Pick<Place, 'history' | 'historyLength' | 'acl'>) {
    this.#client = client;
    this.#root = history;
    this.#length = historyLength;
    this.#acl = acl;
  }

  /** To be asked before anything is read that a write depends on. */
  async open(): Promise<Stat> {
    const stat = await this.#client.exists(this.#root);
    if (stat !== undefined) return stat;
    // The folders above are everybody's.
    await this.#client.ensurePath(parentOf(this.#root) ?? '/');
    await this.#client.create(this.#root, '', { acl: this.#acl }).catch((error: unknown) => {
      if (!isCode(error, 'NODEEXISTS')) throw error;
    });
    return (await this.#client.getData(this.#root)).stat;
  }

  /** What a write does to the history. The first operation creates the entry. */
  async operations(record: Record, stat: Stat): Promise<Operation[]> {
    const names = await this.#names();
    const old = names.slice(0, Math.max(0, names.length - this.#length + 1)).slice(0, droppedAtOnce);
    return [
      { op: 'create', path: `${this.#root}/${prefix}`, data: packed(record), sequential: true },
      { op: 'set', path: this.#root, data: '', version: stat.version },
      ...old.map((name) => ({ op: 'delete', path: `${this.#root}/${name}` }) as const),
    ];
  }

  /** Whether the first write that ever was is still there. */
  async isWhole(): Promise<boolean> {
    const [first] = await this.#names();
    return first === undefined || Number(first.slice(prefix.length)) === 0;
  }

  /** Newest first. */
  async *newestFirst(): AsyncGenerator<Recorded> {
    const names = (await this.#names()).reverse();
    while (names.length > 0) {
      const paths = names.splice(0, entriesPerRead).map((name) => `${this.#root}/${name}`);
      for (const path of paths) {
        const found = await this.#client.getData(path).catch((error: unknown) => {
          // The oldest go while we read.
          if (isCode(error, 'NONODE')) return undefined;
          throw error;
        });
        const record = found && unpacked(found.data);
        if (record !== undefined && found !== undefined) yield { ...record, zxid: found.stat.czxid, at: new Date(found.stat.ctime) };
      }
    }
  }

  async #names(): Promise<string[]> {
    try {
      const { children } = await this.#client.getChildren(this.#root);
      return children.filter((name) => name.startsWith(prefix)).sort();
    } catch (error) {
      if (isCode(error, 'NONODE')) return [];
      throw error;
    }
  }
}

/** The keys of one write, as the history tells them. */
export function* entriesOf({ zxid, at, author, reason, changes }: Recorded): Generator<HistoryEntry> {
  for (const { key, before, after } of changes) yield { key, before, after, version: String(zxid), author, reason, at };
}

function packed({ author, reason, changes, from }: Record): Buffer {
  const texts = changes.map(({ key, before = null, after = null }) => [key, before, after]);
  const bytes = Buffer.from(JSON.stringify({ author, reason, changes: texts, ...(from === undefined ? {} : { from: String(from) }) }));
  return bytes.length < packedFrom ? bytes : gzipSync(bytes);
}

/** `undefined` for what others have put there. */
function unpacked(data: Buffer): Record | undefined {
  try {
    const json = data[0] === 0x1f ? gunzipSync(data) : data;
    const { author, reason, changes, from } = JSON.parse(json.toString()) as { author: string; reason: string; changes: [string, string | null, string | null][]; from?: string };
    return {
      author,
      reason,
      changes: changes.map(([key, before, after]) => ({ key, before: before ?? undefined, after: after ?? undefined })),
      from: from === undefined ? undefined : BigInt(from),
    };
  } catch {
    return undefined;
  }
}
