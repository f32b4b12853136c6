import { Aborts } from '../aborts.js';
import type { ZooKeeperClient } from '../client.js';
import { argumentError, closedError } from '../errors.js';
import { checkKeys, checkListening, kindOf } from '../inputs.js';
import { Listeners, type ListenOptions, type Unsubscribe } from '../listeners.js';
import type { StateChange } from '../session.js';
import { Audience, type ChangesOptions } from './audience.js';
import type { TreeBatch } from './changes.js';
import { TreeFollower } from './follower.js';
import type { TreeNode } from './node.js';
import { checkTreeOptions, longestReconcileMs, type TreeCacheOptions } from './options.js';
import { Scope } from './scope.js';
import { Tree } from './tree.js';

/**
 * What a cache says of itself.
 *
 * - `loading`: not everything was read yet.
 * - `live`: it has what the server has.
 * - `suspended`: no server answers just now, or only one without a quorum; what was read stays readable.
 * - `lost`: the session is over. With the next one everything is read again.
 * - `closed`: by `close`, or because the client was closed or refused for good. What was read stays readable.
 */
export type TreeState = 'loading' | 'live' | 'suspended' | 'lost' | 'closed';

export interface TreeStateChange {
  readonly state: TreeState;
  readonly previous: TreeState;
  /** Why, where something went wrong. */
  readonly reason: unknown;
}

interface Kinds {
  changes: TreeBatch;
  initialized: undefined;
  checked: undefined;
  state: TreeStateChange;
  error: unknown;
}

/**
 * A node of ZooKeeper and all below it, held in memory and kept in step: reading it costs nothing and never fails.
 *
 * It watches first and reads then, so nothing falls between. A root that is not there is waited for. After each break of the
 * connection everything is compared, and only real differences are told. Nodes that we may not read are counted, and left out;
 * one that could be read before stays as it was. What one transaction did arrives in one batch. Of states that come faster than
 * they can be read the last one counts; a node that came and went between is never heard of.
 *
 * A write that leaves the data as it was is no change: the stat moves, no listener is told. With ZooKeeper before 3.6 it works
 * with watches that fire once, at the price of a request for each node.
 *
 * @throws ZooKeeperError `BADARGUMENTS` for options that are wrong
 * @example
 * const cache = new TreeCache(client, '/config');
 * cache.on('changes', ({ changes }) => changes.forEach(({ type, path, node }) => console.log(type, path, node?.text)));
 * cache.start();
 * await cache.ready();
 * console.log(cache.get('/config/limit')?.text);
 * await cache.close();
 */
export class TreeCache {
  readonly root: string;
  readonly #client: ZooKeeperClient;
  readonly #tree: Tree;
  readonly #follower: TreeFollower;
  readonly #reconcileMs: number;
  readonly #report = (error: unknown): void => {
    if (this.#listeners.error.size > 0) this.#listeners.error.tell(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  };
  readonly #aborts = new Aborts();
  readonly #audience = new Audience((error) => this.#report(error));
  readonly #listeners: { readonly [K in Exclude<keyof Kinds, 'changes'>]: Listeners<Kinds[K]> };
  readonly #waiting = new Set<() => void>();
  #state: TreeState = 'loading';
  #isStarted = false;
  #hasLoaded = false;
  #mustAnnounce = true;
  #problem: unknown;
  #endedBy: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopListening: Unsubscribe | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: ZooKeeperClient, root: string, options: TreeCacheOptions = {}) {
    checkTreeOptions(client, root, options, (from) => typeof from === 'object' && from !== null && #tree in from);
    const { keepData = true, reconcileMs = 60_000, maxBytes = 64 * 1024 * 1024, createRoot = false, from } = options;
    this.root = root;
    this.#client = client;
    this.#reconcileMs = reconcileMs;
    this.#tree = from === undefined ? new Tree(root, keepData) : from.#tree;
    const listeners = <T>(): Listeners<T> => new Listeners<T>((error) => this.#report(error), this.#aborts);
    this.#listeners = { initialized: listeners(), checked: listeners(), state: listeners(), error: new Listeners<unknown>(warn, this.#aborts) };
    this.#follower = new TreeFollower({ client, tree: this.#tree, scope: new Scope(this.#tree, options), maxBytes, createRoot }, {
      batch: (batch) => this.#audience.tell(batch),
      loaded: () => this.#loaded(),
      checked: () => this.#listeners.checked.tell(undefined),
      failed: (error) => this.#failed(error),
      ended: (error) => this.#ended(error),
    });
    if (from !== undefined) this.#follower.resume(from.zxid);
  }

  get state(): TreeState {
    return this.#state;
  }

  /** Nodes that it holds. */
  get size(): number {
    return this.#tree.size;
  }

  /** Bytes of data that these have. */
  get bytes(): number {
    return this.#tree.bytes;
  }

  /** Nodes that are there, but which we may not read. */
  get unreadable(): number {
    return this.#tree.unreadable;
  }

  /** The largest transaction that created or changed one of its nodes, or a child of one. The same for all who see the same. */
  get zxid(): bigint {
    return this.#follower.zxid;
  }

  /** Why the last try to read failed; undefined while it is `live`. */
  get lastError(): unknown {
    return this.#problem ?? this.#client.lastError;
  }

  /**
   * Begins to read. Returns at once, whatever the servers do: see {@link ready}.
   *
   * @throws ZooKeeperError `BADARGUMENTS` when it was started before, `CLOSED` after `close`
   */
  start(): this {
    if (this.#state === 'closed') throw closedError('TreeCache.start', this.root);
    if (this.#isStarted) throw argumentError('TreeCache.start', 'it was started before', this.root);
    this.#isStarted = true;
    this.#stopListening = this.#client.on('state', (change) => this.#connectionChanged(change));
    void this.#follower.run();
    this.#schedule();
    return this;
  }

  /**
   * Resolves when everything was read once.
   *
   * @throws ZooKeeperError `CLOSED` when it is closed before; the signal's reason when that aborts
   */
  async ready(options: ListenOptions = {}): Promise<void> {
    checkKeys('TreeCache.ready', 'options', options, ['signal']);
    const { signal } = options;
    // What it waits for runs in the background, which keeps no process alive; who waits for it does.
    const alive = setInterval(() => undefined, longestReconcileMs);
    try {
      while (!this.#hasLoaded) {
        signal?.throwIfAborted();
        if (this.#state === 'closed') throw this.#endedBy ?? closedError('TreeCache.ready', this.root);
        await this.#turn(signal);
      }
    } finally {
      clearInterval(alive);
    }
  }

  /**
   * Listens.
   *
   * - `changes`: nodes came, changed or went. A listener that returns a promise hears of nothing before that has settled, and then
   *   of what came meanwhile in one batch.
   * - `initialized`: everything was read, at first and again with each new session. All of it was told before.
   * - `checked`: the server was asked, and there was nothing new but stats.
   * - `state`: see {@link TreeState}.
   * - `error`: a listener threw, or nodes could not be read. Without a listener errors are emitted as warnings of the process.
   *
   * @returns a function that ends it
   * @example
   * const cache = new TreeCache(client, '/config').start();
   * const stop = cache.on('changes', ({ changes }) => console.log(changes.length), { afterLoad: true });
   * stop();
   * await cache.close();
   */
  on(kind: 'changes', listener: (batch: TreeBatch) => unknown, options?: ChangesOptions): Unsubscribe;
  on(kind: 'initialized' | 'checked', listener: () => unknown, options?: ListenOptions): Unsubscribe;
  on(kind: 'state', listener: (change: TreeStateChange) => unknown, options?: ListenOptions): Unsubscribe;
  on(kind: 'error', listener: (error: unknown) => unknown, options?: ListenOptions): Unsubscribe;
  on(kind: keyof Kinds, listener: (value: never) => unknown, options: ChangesOptions = {}): Unsubscribe {
    if (kind !== 'changes' && !Object.hasOwn(this.#listeners, kind)) throw argumentError('TreeCache.on', `expected changes, initialized, checked, state or error, found ${JSON.stringify(kind)}`);
    checkListening('TreeCache.on', listener, options, kind === 'changes' ? ['afterLoad'] : []);
    if (kind === 'changes') return this.#audience.add(listener as (batch: TreeBatch) => unknown, options);
    return (this.#listeners[kind] as Listeners<unknown>).add(listener as (value: unknown) => unknown, options);
  }

  /**
   * Tells what a node is, `undefined` while there is none, at once and after each change, whatever becomes of sessions.
   *
   * @returns a function that ends it
   * @example
   * const cache = new TreeCache(client, '/config').start();
   * const stop = cache.follow('/config/limit', (node) => console.log(node?.text ?? 'not set'));
   * stop();
   * await cache.close();
   */
  follow(path: string, listener: (node: TreeNode | undefined) => unknown, options: ListenOptions = {}): Unsubscribe {
    checkName('follow', path);
    checkListening('TreeCache.follow', listener, options);
    const stop = this.#audience.add(({ changes }) => {
      // Only the last one counts: a merged batch has one of each path anyway.
      const change = changes.findLast((one) => one.path === path);
      return change === undefined ? undefined : listener(change.node);
    }, options);
    try {
      const result = listener(this.get(path));
      if (result instanceof Promise) result.catch(this.#report);
    } catch (error) {
      this.#report(error);
    }
    return stop;
  }

  /** A node; `undefined` if it is not there, may not be read, or lies outside of the root. */
  get(path: string): TreeNode | undefined {
    checkName('get', path);
    return this.#tree.node(path);
  }

  /** Whether a node is there and can be read. */
  has(path: string): boolean {
    checkName('has', path);
    return this.#tree.isReadable(path);
  }

  /** The names of the children of a node, in order; `undefined` if the node is not there. */
  children(path: string): string[] | undefined {
    checkName('children', path);
    const names = this.#tree.names(path);
    if (names === undefined || !this.#tree.isReadable(path)) return undefined;
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...names].filter((name) => this.#tree.isReadable(prefix + name)).sort();
  }

  /** All nodes, parents before children. Nodes that come or go meanwhile may or may not be among them. */
  [Symbol.iterator](): Iterator<TreeNode> {
    return this.#tree.nodes();
  }

  /** Compares everything with the server now. What it finds is told as any change; `checked` when it has ended. */
  reconcile(): void {
    if (this.#state === 'live') this.#follower.verify();
  }

  /** Ends it: nothing is told any more, and the watches are removed. What was read stays readable. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#become('closed', undefined);
    this.#end();
    await this.#follower.close();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#stopListening?.();
    this.#audience.clear();
    for (const wake of [...this.#waiting]) wake();
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  #loaded(): void {
    this.#problem = undefined;
    this.#hasLoaded = true;
    this.#become(this.#client.readOnly ? 'suspended' : 'live', undefined);
    if (this.#mustAnnounce) this.#listeners.initialized.tell(undefined);
    else this.#listeners.checked.tell(undefined);
    this.#mustAnnounce = false;
    for (const wake of [...this.#waiting]) wake();
  }

  #connectionChanged({ state, newSession, reason }: StateChange): void {
    if (state === 'connected') this.#mustAnnounce ||= newSession;
    else if (this.#hasLoaded) this.#become(state, reason);
    // It waits for a connection, if there will ever be one.
    this.#follower.reload();
  }

  #failed(error: unknown): void {
    const isNews = String(error) !== String(this.#problem);
    this.#problem = error;
    if (isNews) this.#report(error);
  }

  #ended(error: unknown): void {
    this.#problem = error;
    if (error instanceof Error) this.#endedBy = error;
    this.#report(error);
    this.#become('closed', error);
    // What was told is delivered before the listeners are let go.
    queueMicrotask(() => this.#end());
  }

  #become(state: TreeState, reason: unknown): void {
    const previous = this.#state;
    if (state === previous || previous === 'closed') return;
    this.#state = state;
    this.#listeners.state.tell({ state, previous, reason });
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.reconcile();
      this.#schedule();
    }, this.#reconcileMs * (0.9 + 0.2 * Math.random())).unref();
  }
}

function checkName(operation: string, path: unknown): void {
  if (typeof path !== 'string') throw argumentError(`TreeCache.${operation}`, `expected a path, found ${kindOf(path)}`);
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
