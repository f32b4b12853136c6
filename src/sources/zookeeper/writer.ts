import { reasonOf, wrongOption } from '../../core/check.js';
import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { HistoryEntry, Written } from '../../core/writable.js';
import { isCode } from '../../zookeeper/errors.js';
import type { ZooKeeperClient } from '../../zookeeper/index.js';
import { readTree, type TreeNode } from '../../zookeeper/tree/index.js';
import { pause } from '../pause.js';
import { checkStoreBytes, conflict, maxStoreBytes, type CheckedWrite } from '../store/write.js';
import { Chronicle, entriesOf } from './chronicle.js';
import type { Clients } from './clients.js';
import { documentPlan } from './document-plan.js';
import { zookeeperError } from './errors.js';
import { isOwnedBy, type Checked, type Place } from './options.js';
import { NodePlan, type Nodes, type Plan } from './plan.js';

const triesAtMost = 20;

/** What a write ends with that may have been done. */
const unanswered = ['CONNECTIONLOSS', 'OPERATIONTIMEOUT', 'REQUESTTIMEOUT', 'SESSIONEXPIRED', 'CLOSED'] as const;

/** Writes keys together with the history of them. */
export class Writer {
  readonly #clients: Clients;
  readonly #place: Place;

  constructor(clients: Clients, { place }: Checked) {
    this.#clients = clients;
    this.#place = place;
  }

  write(what: string, write: CheckedWrite): Promise<Written> {
    const expected = write.expectedVersion === undefined ? undefined : versionOf(what, write.expectedVersion);
    return this.#with(what, async (client) => {
      for (let tries = 0; tries < triesAtMost; tries += 1) {
        const written = await new Attempt(client, what, this.#place).write(write, expected);
        if (written !== undefined) return written;
        // Others were faster: not all of them at once again.
        await pause(Math.random() * 10 * (tries + 1), new AbortController().signal);
      }
      throw new SourceError(`${what}: expected a moment without other writers, found none in ${triesAtMost} tries: nothing was written; try again`);
    });
  }

  history(what: string, key: string | undefined, limit: number): Promise<HistoryEntry[]> {
    return this.#with(what, async (client) => {
      const found: HistoryEntry[] = [];
      for await (const recorded of new Chronicle(client, this.#place).newestFirst()) {
        for (const entry of entriesOf(recorded)) {
          if (key !== undefined && entry.key !== key) continue;
          found.push(entry);
          if (found.length === limit) return found;
        }
      }
      return found;
    });
  }

  async #with<T>(what: string, work: (client: ZooKeeperClient) => Promise<T>): Promise<T> {
    const lease = this.#clients.lend();
    const { client } = lease;
    try {
      await client.connect({ signal: AbortSignal.timeout(client.sessionTimeoutMs) }).catch((error: unknown) => {
        throw client.lastError ?? error;
      });
      return await work(client);
    } catch (error) {
      throw zookeeperError(what, error);
    } finally {
      lease.giveBack();
    }
  }
}

/** One try to write: on what is there when it begins, or not at all. */
class Attempt {
  readonly #client: ZooKeeperClient;
  readonly #what: string;
  readonly #place: Place;
  readonly #chronicle: Chronicle;

  constructor(client: ZooKeeperClient, what: string, place: Place) {
    this.#client = client;
    this.#what = what;
    this.#place = place;
    this.#chronicle = new Chronicle(client, place);
  }

  /** @returns undefined if others wrote meanwhile */
  async write(write: CheckedWrite, expected: bigint | undefined): Promise<Written | undefined> {
    const { root, layout } = this.#place;
    await this.#client.sync(root);
    const before = await this.#chronicle.open();
    const nodes = await this.#nodes();
    const document = nodes.get(root);
    if (expected !== undefined) await this.#check(write, expected, nodes);
    const plan = layout === 'document' ? documentPlan(this.#what, this.#place, document, write) : new NodePlan(this.#what, this.#place, nodes).plan(write);
    if (plan.changes.length === 0) return { version: String(this.#versionOf(nodes)) };
    checkStoreBytes(this.#what, plan.bytes);
    const record = { author: write.author, reason: write.reason, changes: plan.changes, from: layout === 'document' ? (document?.stat.mzxid ?? 0n) : undefined };
    if (!nodes.has(root)) await this.#client.ensurePath(root.slice(0, root.lastIndexOf('/')) || '/');
    const zxid = await this.#commit(plan, await this.#chronicle.operations(record, before));
    return zxid === undefined ? undefined : { version: String(zxid) };
  }

  async #nodes(): Promise<Nodes> {
    const { root, layout } = this.#place;
    if (layout === 'node-per-key') return readTree(this.#client, root, { maxBytes: maxStoreBytes * 2, accept: (path) => isOwnedBy(this.#place, path) });
    const nodes = await readTree(this.#client, root, { maxDepth: 0 });
    return nodes;
  }

  async #commit(plan: Plan, history: Awaited<ReturnType<Chronicle['operations']>>): Promise<bigint | undefined> {
    try {
      const operations = [...history, ...plan.operations].map((one) => (one.op === 'create' ? { ...one, acl: this.#place.acl } : one));
      const results = await this.#client.multi(operations);
      // The answer tells the transaction, in what it did to the node of the history: a question afterwards might be lost.
      const touched = results.find((result) => result.op === 'set');
      return touched?.stat.mzxid ?? this.#client.lastZxid;
    } catch (error) {
      if (isCode(error, 'BADVERSION', 'NODEEXISTS', 'NONODE', 'NOTEMPTY')) return undefined;
      if (isCode(error, ...unanswered)) throw new SourceError(`${this.#what}: expected an answer of ZooKeeper, found ${quote(reasonOf(error))}: nobody knows whether it was written; look at the history before you write it again`, { cause: error });
      if (!isCode(error, 'BADARGUMENTS')) throw error;
      throw new ConfigError('CALUMMA_TOO_LARGE', `${this.#what}: ${error.message}: nothing was written; what was there before counts too, for the history`, { cause: error });
    }
  }

  #versionOf(nodes: Nodes): bigint {
    if (this.#place.layout === 'document') return nodes.get(this.#place.root)?.stat.mzxid ?? 0n;
    let version = 0n;
    for (const { stat } of nodes.values()) for (const zxid of [stat.mzxid, stat.pzxid]) if (zxid > version) version = zxid;
    return version;
  }

  /** @throws ConfigError CALUMMA_CONFLICT if one of the keys was changed after the expected version */
  async #check(write: CheckedWrite, expected: bigint, nodes: Nodes): Promise<void> {
    const keys = [...write.set.keys(), ...write.remove];
    const current = this.#versionOf(nodes);
    if (expected > current) throw this.#conflict(expected, `found the older version ${current}`);
    const document = nodes.get(this.#place.root);
    if (this.#place.layout === 'document') return this.#checkByHistory(new Set(keys), expected, document?.stat.mzxid ?? 0n);
    const plan = new NodePlan(this.#what, this.#place, nodes);
    const missing = new Set<string>();
    for (const key of keys) {
      const node: TreeNode | undefined = plan.nodeOf(key);
      if (node === undefined) missing.add(key);
      else if (node.stat.mzxid > expected) throw this.#conflict(expected, `found ${quote(key)} changed in ${node.stat.mzxid}`);
    }
    if (missing.size > 0 && current > expected) await this.#checkByHistory(missing, expected, undefined);
  }

  /**
   * Of keys without a node of their own the history knows when they were changed.
   *
   * @param document the transaction that wrote the document: where the history does not lead back from it, others have written it
   */
  async #checkByHistory(keys: ReadonlySet<string>, expected: bigint, document: bigint | undefined): Promise<void> {
    let link = document;
    if (link !== undefined && link <= expected) return;
    for await (const { zxid, changes, from } of this.#chronicle.newestFirst()) {
      if (zxid <= expected) break;
      if (link !== undefined && zxid !== link) throw this.#conflict(expected, `found the document changed in ${link} by others`);
      const change = changes.find(({ key }) => keys.has(key));
      if (change !== undefined) throw this.#conflict(expected, `found ${quote(change.key)} changed in ${zxid}`);
      if (link !== undefined) link = from ?? 0n;
      if (link !== undefined && link <= expected) return;
    }
    if (link !== undefined && link > expected) throw this.#conflict(expected, `found the document changed in ${link}, of which the history does not tell`);
    if (link === undefined && !(await this.#reachesBack(expected))) throw this.#conflict(expected, 'found a history that does not go back so far');
  }

  async #reachesBack(expected: bigint): Promise<boolean> {
    if (await this.#chronicle.isWhole()) return true;
    for await (const { zxid } of this.#chronicle.newestFirst()) if (zxid <= expected) return true;
    return false;
  }

  #conflict(expected: bigint, found: string): ConfigError {
    return conflict(this.#what, String(expected), found);
  }
}

function versionOf(what: string, text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw wrongOption(`${what}({ expectedVersion })`, 'the version of a reading or of a write, a number', text);
  return BigInt(text);
}
