import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ZooKeeperClient } from '../client.js';
import { isCode } from '../errors.js';
import { parentOf } from '../paths.js';
import type { WatchEvent } from '../records.js';
import { reconnectDelay } from '../timing.js';
import type { Watch } from '../watch-keeper.js';
import { apply, type Applied } from './apply.js';
import { isMassRemoval, type TreeBatch } from './changes.js';
import { Crawl } from './crawl.js';
import { pause, Wake } from './pause.js';
import { BatchReader, WatchingReader, type Reader } from './reader.js';
import type { Scope } from './scope.js';
import type { Tree } from './tree.js';
import { verify } from './verify.js';

export interface FollowerParts {
  readonly client: ZooKeeperClient;
  readonly tree: Tree;
  readonly scope: Scope;
  readonly maxBytes: number;
  readonly createRoot: boolean;
}

export interface FollowerEvents {
  batch(batch: TreeBatch): void;
  /** Everything was read; what was told before is all there is. */
  loaded(): void;
  /** The server was asked, and has nothing new but stats. */
  checked(): void;
  /** Goes on, after a pause. */
  failed(error: unknown): void;
  /** No server will ever answer us. */
  ended(error: unknown): void;
}

/** Looks for changes that come in while others are read; each look takes a round trip. */
const looksAtMost = 8;
/** A batch so large is brought into the tree in slices. */
const slicedFrom = 1_000;

type Part = 'node' | 'list';

/**
 * Keeps a tree in step with the server.
 *
 * ```
 *   connected ──▶ watch ─▶ read all ─▶ apply ─▶ tell ─▶ wait for events ─▶ read these ─▶ apply ─▶ tell ─┐
 *       ▲                                                     ▲                                           │
 *       └── connection lost: a persistent watch replays none ─┴───────────────────────────────────────────┘
 * ```
 *
 * One thing at a time: answers come in the order in which they were asked for, so none is older than what is there. What is read
 * waits on a stage until no event is left that was heard meanwhile. At that moment the stage and the rest of the tree are what
 * the server had when it gave its last answer, so that nobody sees half of a transaction.
 */
export class TreeFollower {
  readonly #parts: FollowerParts;
  readonly #events: FollowerEvents;
  readonly #abort = new AbortController();
  readonly #wake = new Wake();
  /** Heard of, and not read since. */
  readonly #dirty = new Map<string, Part>();
  #reader: Reader;
  #watch: Watch | undefined;
  #isOld = false;
  #mustLoad = true;
  #hasLoaded = false;
  #mustVerify = false;
  #failures = 0;
  #zxid = 0n;

  constructor(parts: FollowerParts, events: FollowerEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#reader = new BatchReader(parts.client, { signal: this.#abort.signal, background: true });
  }

  /** The largest transaction that the tree has a trace of. */
  get zxid(): bigint {
    return this.#zxid;
  }

  /** Whether the server is older than 3.6: watches that fire once, and a request for each node. */
  get isOld(): boolean {
    return this.#isOld;
  }

  /** What was there before, from an earlier run: only differences are told. */
  resume(zxid: bigint): void {
    this.#zxid = zxid;
  }

  /** The connection was broken, or is another one: what happened meanwhile nobody will tell. */
  reload(): void {
    this.#mustLoad = true;
    this.#wake.ring();
  }

  /** Compares everything with the server, beside what else is to do. */
  verify(): void {
    this.#mustVerify = true;
    this.#wake.ring();
  }

  async run(): Promise<void> {
    const { signal } = this.#abort;
    const isEnded = (): boolean => signal.aborted;
    while (!isEnded()) {
      try {
        await this.#step(signal);
        this.#failures = 0;
      } catch (error) {
        if (isEnded()) return;
        if (isCode(error, 'CLOSED', 'AUTHFAILED', 'SESSIONCLOSEDREQUIRESASLAUTH')) return this.#events.ended(error);
        await this.#recover(error, signal);
      }
    }
  }

  /** Nothing is told from now on. Resolves when the server has been told, if there is one. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#wake.ring();
    await this.#watch?.remove().catch(() => undefined);
  }

  async #step(signal: AbortSignal): Promise<void> {
    if (this.#mustLoad) return this.#load();
    if (this.#dirty.size > 0) return this.#round();
    if (this.#mustVerify) {
      this.#mustVerify = false;
      // Beside the rounds: it changes nothing, it only finds what they should look at.
      // If it fails, then because there is no connection, or no client any more: loading tells which.
      void this.#verify().catch(() => this.reload());
      return;
    }
    await this.#wake.rung(signal);
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.#mustLoad = true;
    if (!isCode(error, 'CONNECTIONLOSS', 'SESSIONEXPIRED', 'SESSIONMOVED') || isUnreadable(error)) this.#events.failed(error);
    await pause(reconnectDelay(this.#failures, Math.random), signal);
    this.#failures += 1;
  }

  async #load(): Promise<void> {
    const { client, tree, createRoot } = this.#parts;
    const { signal } = this.#abort;
    await client.connect({ signal, background: true });
    // A connection that comes later says so again.
    this.#mustLoad = false;
    if (createRoot) await client.ensurePath(tree.root, { signal, background: true });
    await this.#listen();
    const crawl = this.#crawl();
    await crawl.everything(tree.root);
    await this.#drain(crawl);
    await this.#publish(crawl, this.#hasLoaded ? 'reconcile' : 'load');
    if (this.#isOutdated()) return;
    this.#hasLoaded = true;
    this.#events.loaded();
  }

  /** Whether the connection was broken since the last load began. */
  #isOutdated(): boolean {
    return this.#mustLoad || this.#abort.signal.aborted;
  }

  /** Before anything is read: what happens in between is heard. */
  async #listen(): Promise<void> {
    const { client, tree, scope } = this.#parts;
    if (this.#watch !== undefined || this.#isOld) return;
    const { signal } = this.#abort;
    try {
      this.#watch = await client.addWatch(tree.root, this.#heard, { recursive: !scope.isRootOnly, signal, background: true });
    } catch (error) {
      if (!isCode(error, 'UNIMPLEMENTED')) throw error;
      this.#isOld = true;
      this.#reader = new WatchingReader(client, tree.root, this.#heard, { signal, background: true });
    }
  }

  readonly #heard = ({ type, path }: WatchEvent): void => {
    if (this.#abort.signal.aborted) return;
    const { tree } = this.#parts;
    if (type === 'children') {
      // A lasting watch tells of each child by itself.
      if (this.#isOld) this.#mark(path, 'list');
    } else {
      // Its parent has a new list, which a recursive watch does not tell.
      const parent = path === tree.root || type === 'changed' ? undefined : parentOf(path);
      if (parent !== undefined) this.#mark(parent, 'node');
      this.#mark(path, this.#isOld && type === 'created' ? 'list' : 'node');
    }
    this.#wake.ring();
  };

  #mark(path: string, part: Part): void {
    if (!this.#parts.scope.takes(path)) return;
    if (part === 'list' || !this.#dirty.has(path)) this.#dirty.set(path, part);
  }

  #crawl(): Crawl {
    const { tree, scope, maxBytes } = this.#parts;
    const answered = (path: string, part: Part): void => {
      // A list says nothing of the node's own stat, which has changed with it.
      if (this.#dirty.get(path) === part) this.#dirty.delete(path);
    };
    return new Crawl({ tree, scope, reader: this.#reader, maxBytes, answered });
  }

  async #round(): Promise<void> {
    const crawl = this.#crawl();
    await this.#drain(crawl);
    await this.#publish(crawl, 'watch');
  }

  /** Reads what was heard of until nothing is left; under a storm of writes, only for a while. */
  async #drain(crawl: Crawl): Promise<void> {
    for (let looks = 0; this.#dirty.size > 0 && looks < looksAtMost; looks += 1) {
      const heard = new Map(this.#dirty);
      await crawl.these(heard);
      // A list that could not be had, because its node is gone, is answered by that.
      for (const [path, part] of heard) if (part === 'list' && this.#isGone(crawl, path)) this.#dirty.delete(path);
    }
  }

  #isGone(crawl: Crawl, path: string): boolean {
    const staged = crawl.staged.get(path);
    return staged !== undefined && (staged.kind !== 'node' || !this.#parts.scope.opens(path));
  }

  async #publish({ staged, zxid }: Crawl, cause: TreeBatch['cause']): Promise<void> {
    const { tree } = this.#parts;
    const before = tree.size;
    const applied = await this.#applied(apply(tree, staged), staged.size >= slicedFrom);
    if (applied === undefined) return;
    const newest = applied.zxid > zxid ? applied.zxid : zxid;
    // All of it was read but for changes: then servers that know less than they did are right.
    if (cause !== 'watch' || newest > this.#zxid) this.#zxid = newest;
    for (const parent of applied.orphaned) this.#mark(parent, 'list');
    const { changes } = applied;
    if (changes.length > 0) this.#events.batch({ changes, cause, zxid: this.#zxid, massRemoval: isMassRemoval(changes, before) });
    else if (cause === 'watch') this.#events.checked();
  }

  async #applied(slices: Generator<void, Applied, void>, paced: boolean): Promise<Applied | undefined> {
    for (;;) {
      const step = slices.next();
      if (step.done === true) return step.value;
      if (paced) await nextTurn();
      if (this.#abort.signal.aborted) return undefined;
    }
  }

  async #verify(): Promise<void> {
    const { tree, scope } = this.#parts;
    const isWhole = await verify({ tree, scope, reader: this.#reader }, () => !this.#isOutdated(), (path, part) => {
      if (this.#dirty.has(path)) return;
      this.#mark(path, part);
      this.#wake.ring();
    });
    if (isWhole) this.#events.checked();
  }
}

/** Whether the connection was lost because of what came on it: an answer that is too large comes again. */
function isUnreadable(error: unknown): boolean {
  return isCode(error, 'MARSHALLINGERROR') || (error instanceof Error && error.cause !== undefined && isUnreadable(error.cause));
}
