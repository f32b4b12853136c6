import { isCode } from '../../src/zookeeper/errors.js';
import { ZooKeeperClient, type Operation } from '../../src/zookeeper/index.js';
import { rest, type Random } from './random.js';

/** A write that a server has acknowledged. */
export interface Acknowledged {
  readonly zxid: bigint;
  readonly at: number;
}

const everyMs = 20;
/** Those that wait for a server that hangs. */
const atOnce = 50;
const folders = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const leaves = ['limit', 'rate', 'timeout', 'host', 'burst', 'name with blanks', 'ümläut', 'last'] as const;

/** Writes 50 times a second below a root, whatever becomes of the servers: what is lost is counted, and was perhaps done. */
export class Writer {
  readonly client: ZooKeeperClient;
  readonly #root: string;
  readonly #random: Random;
  readonly #acknowledged: (write: Acknowledged) => void;
  readonly #underWay = new Set<Promise<void>>();
  #number = 0;
  writes = 0;
  /** Others were faster: there is no node, or there is one, or it has children. */
  refused = 0;
  lost = 0;
  /** What must not happen. */
  readonly problems: string[] = [];

  constructor(connect: string, root: string, random: Random, acknowledged: (write: Acknowledged) => void) {
    this.client = new ZooKeeperClient({ connect, sessionTimeoutMs: 4_000, whileSuspended: 'fail' });
    this.#root = root;
    this.#random = random;
    this.#acknowledged = acknowledged;
  }

  /** Until the signal aborts. Nothing is under way when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const from = performance.now();
    for (let count = 0; !signal.aborted; count += 1) {
      const early = from + count * everyMs - performance.now();
      if (early > 0) await rest(early, signal);
      if (this.#underWay.size < atOnce) this.#begin();
      else await Promise.race(this.#underWay);
    }
    await Promise.all(this.#underWay);
  }

  #begin(): void {
    const writing = this.#write()
      .then(() => void (this.writes += 1))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#underWay.delete(writing));
    this.#underWay.add(writing);
  }

  #failed(error: unknown): void {
    if (isCode(error, 'NONODE', 'NODEEXISTS', 'NOTEMPTY', 'BADVERSION')) this.refused += 1;
    else if (isCode(error, 'CONNECTIONLOSS', 'SESSIONEXPIRED', 'SESSIONMOVED')) this.lost += 1;
    else this.problems.push(`writer: ${String(error)}`);
  }

  #write(): Promise<void> {
    const dice = this.#random.next();
    const path = this.#path();
    if (dice < 0.5) return this.#put(path, this.#text());
    if (dice < 0.6) return this.client.delete(path);
    if (dice < 0.65) return this.#again(path);
    if (dice < 0.7) return this.#recreate(path);
    if (dice < 0.75) return this.#ephemeral(path);
    if (dice < 0.78) return this.#fell(`${this.#root}/${this.#random.one(folders)}`);
    return this.#several();
  }

  /** At one to three levels below the root. */
  #path(): string {
    const names: string[] = [this.#random.one(leaves)];
    for (let depth = this.#random.below(3); depth > 0; depth -= 1) names.unshift(this.#random.one(folders));
    return `${this.#root}/${names.join('/')}`;
  }

  #text(): string {
    this.#number += 1;
    return `${this.#number} ${'x'.repeat(this.#random.chance(0.1) ? this.#random.below(5_000) : this.#random.below(50))}`;
  }

  async #put(path: string, text: string): Promise<void> {
    try {
      this.#done((await this.client.setData(path, text)).mzxid);
    } catch (error) {
      if (!isCode(error, 'NONODE')) throw error;
      await this.client.ensurePath(path.slice(0, path.lastIndexOf('/')));
      this.#done((await this.client.create(path, text)).stat.czxid);
    }
  }

  /** A write that changes nothing but the stat. */
  async #again(path: string): Promise<void> {
    const { data, stat } = await this.client.getData(path);
    this.#done((await this.client.setData(path, data, { version: stat.version })).mzxid);
  }

  /** Another node of the same name and version, which nobody could see go. */
  async #recreate(path: string): Promise<void> {
    await this.client.multi([{ op: 'delete', path }, { op: 'create', path, data: this.#text() }]);
  }

  /** It goes with the session. */
  async #ephemeral(path: string): Promise<void> {
    this.#done((await this.client.create(path, this.#text(), { mode: 'ephemeral' })).stat.czxid);
  }

  async #several(): Promise<void> {
    const paths = [...new Set(Array.from({ length: 2 + this.#random.below(4) }, () => this.#path()))];
    const operations = await Promise.all(paths.map(async (path): Promise<Operation> => {
      const stat = await this.client.exists(path);
      if (stat === undefined) return { op: 'create', path, data: this.#text() };
      return stat.numChildren === 0 && this.#random.chance(0.3) ? { op: 'delete', path } : { op: 'set', path, data: this.#text() };
    }));
    await this.client.multi(operations);
  }

  /** A subtree goes in one transaction, children first. */
  async #fell(path: string): Promise<void> {
    const all = [path];
    for (const place of all) {
      const { children } = await this.client.getChildren(place);
      all.push(...children.map((name) => `${place}/${name}`));
    }
    await this.client.multi(all.reverse().map((place) => ({ op: 'delete', path: place }) as const));
  }

  #done(zxid: bigint): void {
    this.#acknowledged({ zxid, at: performance.now() });
  }
}
