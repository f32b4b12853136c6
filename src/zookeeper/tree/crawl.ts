import { setImmediate as nextTurn } from 'node:timers/promises';

import { ZooKeeperError } from '../errors.js';
import type { Stat } from '../records.js';
import { contentOf, type Content } from './node.js';
import type { Found, Reader } from './reader.js';
import type { Scope } from './scope.js';
import { childOf, type Tree } from './tree.js';

/** What is to become of a node. */
export type Staged =
  /** Without content: it is what the tree has. */
  | { readonly kind: 'node'; readonly stat: Stat; readonly content: Content | undefined }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable' };

/** Names, counted by what the parents say. */
const namesPerList = 20_000;
const requestsAtOnce = 4;
/** A list so long is looked at in a turn of its own: to read it off the wire takes long enough. */
const longList = 2_000;

export interface CrawlParts {
  readonly tree: Tree;
  readonly scope: Scope;
  readonly reader: Reader;
  /** Bytes of data that may be held, together with what the tree has. */
  readonly maxBytes: number;
  /** An answer is in: what was heard of this node, or its list, before is answered with it. */
  readonly answered: (path: string, part: 'node' | 'list') => void;
}

interface Lists {
  readonly path: string;
  readonly count: number;
}

interface Names {
  readonly path: string;
  readonly names: readonly string[];
}

/** Reads nodes, and what it finds below them, into a stage: the tree itself does not change before all of it is there. */
export class Crawl {
  readonly staged = new Map<string, Staged>();
  readonly #parts: CrawlParts;
  readonly #nodes: string[] = [];
  readonly #lists: Lists[] = [];
  readonly #names: Names[] = [];
  readonly #wantedLists = new Set<string>();
  #deep = false;
  #more = 0;
  #zxid = 0n;

  constructor(parts: CrawlParts) {
    this.#parts = parts;
  }

  /** The largest transaction among the nodes that were found as the tree has them: they are not on the stage. */
  get zxid(): bigint {
    return this.#zxid;
  }

  /** Reads a node and everything below it. */
  async everything(path: string): Promise<void> {
    this.#deep = true;
    this.#nodes.push(path);
    await this.#run();
    this.#deep = false;
  }

  /** Reads single nodes; those that were not known before with all below, and where it is asked for the children as well. */
  async these(paths: ReadonlyMap<string, 'node' | 'list'>): Promise<void> {
    for (const [path, part] of paths) {
      this.#nodes.push(path);
      if (part === 'list') this.#wantedLists.add(path);
    }
    await this.#run();
  }

  /** Reads find lists, and lists find nodes. A list is asked for when no read is on its way: who is not in it has gone since. */
  async #run(): Promise<void> {
    const { reader } = this.#parts;
    while (this.#nodes.length > 0 || this.#lists.length > 0) {
      await this.#all(() => this.#nodes.splice(0, reader.nodesPerRead), (paths) => reader.read(paths, (path, what) => this.#read(path, what)));
      await this.#all(() => this.#takeLists(), (paths) => reader.list(paths, (path, names) => this.#listed(path, names)));
      for (const found of this.#names.splice(0)) {
        if (found.names.length > longList) await nextTurn();
        this.#look(found);
      }
    }
  }

  /** Some requests on their way at any time, so that the server works on the next while we look at an answer. */
  async #all(take: () => string[], request: (paths: string[]) => Promise<void>): Promise<void> {
    const lane = async (): Promise<void> => {
      for (let paths = take(); paths.length > 0; paths = take()) await request(paths);
    };
    // Waits for all to end, also when one fails: nothing of a crawl goes on behind its back.
    const outcomes = await Promise.allSettled(Array.from({ length: requestsAtOnce }, () => lane().catch((error: unknown) => this.#giveUp(error))));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #giveUp(error: unknown): never {
    this.#nodes.length = 0;
    this.#lists.length = 0;
    throw error;
  }

  #takeLists(): string[] {
    const paths: string[] = [];
    for (let names = 0; names < namesPerList && paths.length < this.#parts.reader.nodesPerRead; ) {
      const next = this.#lists.shift();
      if (next === undefined) break;
      paths.push(next.path);
      names += next.count;
    }
    return paths;
  }

  #read(path: string, found: Found): void {
    const { tree, scope, reader, answered } = this.#parts;
    const wasKnown = this.#deep || this.#isKnown(path);
    answered(path, 'node');
    if (found.kind !== 'node') return this.#stage(path, found);
    const { stat, data } = found;
    const same = tree.sameness(path, stat);
    // Most are, after a reconnect. What was on the stage before is not how it is any more.
    if (same === 'all' && !this.staged.has(path)) this.#zxid = largest(this.#zxid, stat);
    else this.#stage(path, { kind: 'node', stat, content: same === 'none' ? contentOf(data) : undefined });
    const list = this.#deep || !wasKnown || this.#wantedLists.delete(path);
    if (!list || !scope.opens(path)) return;
    if (stat.numChildren > 0 || reader.listsLeaves) this.#lists.push({ path, count: stat.numChildren });
    else this.#listed(path, []);
  }

  #listed(path: string, names: readonly string[]): void {
    const { tree, answered } = this.#parts;
    answered(path, 'list');
    // Most nodes have no children, and had none.
    if (names.length > 0 || tree.count(path) > 0) this.#names.push({ path, names });
  }

  #look({ path, names }: Names): void {
    const { tree, scope } = this.#parts;
    const there = new Set(names);
    for (const name of tree.names(path) ?? []) {
      if (!there.has(name)) this.#stage(childOf(path, name), { kind: 'absent' });
    }
    for (const name of [...names].sort()) {
      const child = childOf(path, name);
      if (scope.takes(child) && (this.#deep || !this.#isKnown(child))) this.#nodes.push(child);
    }
  }

  /** Whether what is below it is known, or is being read. */
  #isKnown(path: string): boolean {
    return this.staged.get(path)?.kind === 'node' || (!this.staged.has(path) && this.#parts.tree.isReadable(path));
  }

  #stage(path: string, what: Staged): void {
    const { tree, maxBytes } = this.#parts;
    const earlier = this.staged.get(path);
    this.#more += this.#costOf(path, what) - this.#costOf(path, earlier);
    // At its new place: what was read last is applied last.
    if (earlier !== undefined) this.staged.delete(path);
    this.staged.set(path, what);
    if (tree.bytes + this.#more > maxBytes) throw tooLarge(tree.root, maxBytes);
  }

  #costOf(path: string, what: Staged | undefined): number {
    if (what?.kind !== 'node' || what.content === undefined) return 0;
    return what.stat.dataLength - (this.#parts.tree.dataLength(path));
  }
}

function largest(zxid: bigint, { mzxid, pzxid }: Stat): bigint {
  const own = mzxid > pzxid ? mzxid : pzxid;
  return own > zxid ? own : zxid;
}

function tooLarge(root: string, maxBytes: number): ZooKeeperError {
  return new ZooKeeperError('QUOTAEXCEEDED', `tree ${root}: expected at most ${maxBytes} bytes of data, found more: what was read before stays`, { path: root });
}
