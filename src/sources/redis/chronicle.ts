import type { FullReading, PatchReading } from '../../core/model.js';
import type { HistoryEntry } from '../../core/writable.js';
import type { Command, Connection, Reply } from './connection.js';
import { hasCode, isRefusal } from './errors.js';
import type { Place } from './place.js';
import { keyText, valueText } from './text.js';

/** The version of a store that was never written through us, as the streams of Redis spell it. */
export const unwritten = '0-0';

/** One key, as the history tells it. */
export interface Told {
  readonly id: string;
  readonly key: string;
  readonly after: string | undefined;
}

/** The version that the answer to {@link headCommand} tells; `undefined` when the history cannot be read. */
export function headVersion(reply: Reply | undefined): string | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [head] = reply as readonly (readonly Buffer[])[];
  return head === undefined ? unwritten : String(head[0]);
}

/** What a reading of `version` says about itself, when the one before was of version `before`. */
export function aboutReading(locate: (key: string) => string, version: string | undefined, before?: string): Pick<FullReading, 'version' | 'locate' | 'writtenAt'> {
  // What came without a new version was written by somebody else, who knows when.
  const at = version === before || version === undefined || version === unwritten ? undefined : Number(version.split('-')[0]);
  return { locate, ...(version === undefined ? {} : { version }), ...(at === undefined ? {} : { writtenAt: at }) };
}

/** Of a change from the version `before`; `undefined` when there is none. */
export function patchReading(
  { set, remove }: Pick<PatchReading, 'set' | 'remove'>,
  locate: (key: string) => string,
  version: string | undefined,
  before: string | undefined,
): PatchReading | undefined {
  if (set.size === 0 && remove.size === 0) return undefined;
  return { kind: 'patch', set, remove, ...aboutReading(locate, version, before) };
}

/** What was written through us, as a reader needs it. */
export class Chronicle {
  readonly #connection: Connection;
  readonly #what: string;
  readonly #place: Place;
  readonly isReadable: boolean;

  private constructor(connection: Connection, what: string, place: Place, isReadable: boolean) {
    this.#connection = connection;
    this.#what = what;
    this.#place = place;
    this.isReadable = isReadable;
  }

  /**
   * A user who may read the properties need not have the right to read the history, and a server older than streams has none.
   *
   * @throws SourceError
   */
  static async of(connection: Connection, what: string, place: Place): Promise<Chronicle> {
    try {
      await connection.ask(`${what}: history "${place.history}"`, [headCommandOf(place)]);
      return new Chronicle(connection, what, place, true);
    } catch (error) {
      if (!isRefusal(error) || !(hasCode(error, 'NOPERM') || hasCode(error, 'unknown command'))) throw error;
      return new Chronicle(connection, what, place, false);
    }
  }

  /** Asks for the last entry: part of a transaction, it tells the version of what is read in it. */
  get headCommand(): Command {
    return this.isReadable ? headCommandOf(this.#place) : ['PING'];
  }

  /** Asks for what was written since `version`, and for the entry of that version, which tells that the history still goes back so far. */
  sinceCommand(version: string, limit: number): Command {
    return this.isReadable ? ['XRANGE', this.#place.history, version, '+', 'COUNT', String(limit + 1)] : ['PING'];
  }

  /**
   * What was written since `version`, oldest first, out of the answer to {@link sinceCommand}; `undefined` when it cannot be told:
   * the history was cut or begun anew, or there is too much of it.
   */
  since(version: string, limit: number, reply: Reply | undefined): readonly Told[] | undefined {
    if (!Array.isArray(reply)) return undefined;
    const entries = reply as readonly StreamEntry[];
    if (entries.length > limit) return undefined;
    const [first] = entries;
    // The entries are numbered, so that the very first is known.
    const goesBack = version === unwritten ? first === undefined || String(field(first[1], 'number')) === '1' : String(first?.[0]) === version;
    if (!goesBack) return undefined;
    return entries.slice(version === unwritten ? 0 : 1).map((entry) => this.#told(entry));
  }

  /** @throws SourceError */
  async entries(key: string | undefined, limit: number): Promise<HistoryEntry[]> {
    const found: HistoryEntry[] = [];
    const batch = key === undefined ? limit : 1_000;
    for (let end = '+'; found.length < limit; ) {
      const [reply] = await this.#connection.ask(`${this.#what}: history "${this.#place.history}"`, [
        ['XREVRANGE', this.#place.history, end, '-', 'COUNT', String(Math.min(batch, 1_000) + 1)],
      ]);
      const page = reply as readonly StreamEntry[];
      // The first of a later page is the last of the one before.
      const fresh = end === '+' ? page : page.slice(1);
      if (fresh.length === 0) return found;
      found.push(...fresh.map(historyEntry).filter((entry) => key === undefined || entry.key === key));
      end = String(fresh.at(-1)?.[0]);
    }
    return found.slice(0, limit);
  }

  #told([id, fields]: StreamEntry): Told {
    const where = `${this.#what}: history "${this.#place.history}"`;
    const key = keyText(where, field(fields, 'key') ?? Buffer.alloc(0));
    const after = field(fields, 'after');
    return { id: String(id), key, after: after && valueText(where, key, after) };
  }
}

type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];

function headCommandOf({ history }: Place): Command {
  return ['XREVRANGE', history, '+', '-', 'COUNT', '1'];
}

function field(fields: readonly Buffer[], name: string): Buffer | undefined {
  const at = fields.findIndex((text, index) => index % 2 === 0 && text.toString() === name);
  return at < 0 ? undefined : fields[at + 1];
}

function historyEntry([id, fields]: StreamEntry): HistoryEntry {
  const text = (name: string): string | undefined => field(fields, name)?.toString();
  return {
    key: text('key') ?? '',
    before: text('before'),
    after: text('after'),
    version: text('version') ?? String(id),
    author: text('author') ?? '',
    reason: text('reason') ?? '',
    at: new Date(Number(String(id).split('-')[0])),
  };
}
