import { Aborts } from './aborts.js';
import { Channel, type Auth } from './channel.js';
import { argumentError, isCode, type ZooKeeperError } from './errors.js';
import { checkCall, checkKeys, checkListener, checkListening, type CallName } from './inputs.js';
import { Listeners, type ListenOptions, type Unsubscribe } from './listeners.js';
import { multi, multiRead, type Operation, type OperationResult, type Read, type ReadResult } from './multi.js';
import { checkAuth, settingsOf, type ZooKeeperOptions } from './options.js';
import { checkPath, Chroot, lineageOf } from './paths.js';
import { checkAcls, type Acl, type Stat } from './records.js';
import { Requests, type CreateOptions, type Created, type Data, type NodeChildren, type NodeData, type Request } from './requests.js';
import type { SessionState, StateChange } from './session.js';
import { WatchKeeper, type Watch, type WatchKind } from './watch-keeper.js';
import type { OneShotKind, WatchListener } from './watches.js';

export interface CallSignal {
  /** Ends the waiting: the promise rejects with its reason. What was sent is done by the server all the same. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the process may end while it waits for the answer: for what runs beside a program rather than for it. Default false. */
  readonly background?: boolean | undefined;
}

export interface ReadOptions extends CallSignal {
  /** Told once, of the next thing that happens to what was read. It survives reconnects. */
  readonly watch?: WatchListener | undefined;
}

export interface ReadManyOptions extends CallSignal {
  /** Whether data are views of the reply, each of which keeps all of it: for who looks at them and lets them go. Default false: copies. */
  readonly views?: boolean | undefined;
}

export interface WriteOptions extends CallSignal {
  /** The version that the node must have, else `BADVERSION`. Default -1: any. */
  readonly version?: number | undefined;
}

export interface AddWatchOptions extends CallSignal {
  /** Watches all nodes below as well, those to come included. Default false. */
  readonly recursive?: boolean | undefined;
}

export interface RemoveWatchesOptions extends CallSignal {
  /** Default `any`. */
  readonly kind?: WatchKind | undefined;
}

/**
 * A client of ZooKeeper: one session, kept over whatever happens to connections and servers.
 *
 * It connects when first asked for something, to one of the servers in an order of its own. When the connection breaks, or
 * nothing was heard for two thirds of the session timeout, it goes to the next one; when the session has expired it begins
 * another by itself. Watches are set again each time, and reads and writes may wait for it (`whileSuspended`).
 *
 * Requests that were under way when the connection broke fail with `CONNECTIONLOSS`, because nobody knows whether the server
 * has done them. All methods reject with {@link ZooKeeperError}; `BADARGUMENTS` is the client's own refusal.
 *
 * Listeners and answers come in the order in which the server sent them: who reads new data has been told before that it
 * changed. A persistent watch tells nothing of what happened while there was no connection: after `connected`, read again.
 *
 * @throws ZooKeeperError `BADARGUMENTS` for options that are wrong
 * @example
 * const zk = new ZooKeeperClient({ connect: '127.0.0.1:2181', sessionTimeoutMs: 6_000 });
 * zk.on('state', ({ state, newSession }) => console.log(state, newSession));
 * await zk.close();
 */
export class ZooKeeperClient {
  readonly #root: Chroot;
  readonly #channel: Channel;
  readonly #requests: Requests;
  readonly #watches: WatchKeeper;
  readonly #report = (error: unknown): void => {
    if (this.#errors.size > 0) this.#errors.tell(error);
    else warn(error);
  };
  readonly #aborts = new Aborts();
  readonly #states = new Listeners<StateChange>(this.#report, this.#aborts);
  readonly #errors = new Listeners<unknown>(warn, this.#aborts);

  constructor(options: ZooKeeperOptions) {
    const { root, ...settings } = settingsOf(options);
    this.#root = root;
    this.#requests = new Requests(root);
    this.#channel = new Channel(settings, this.#aborts, {
      watches: () => this.#watches.restore(this.#channel.session.zxid),
      closed: () => this.#watches.forgetServer(),
      event: (event) => this.#watches.dispatch(event),
      state: (change) => this.#changed(change),
      report: this.#report,
    });
    this.#watches = new WatchKeeper(this.#channel, this.#requests, root, this.#report);
  }

  /** `suspended` until the first connection, `lost` after `close`. */
  get state(): SessionState {
    return this.#channel.session.state;
  }

  /** Whether the server it is connected to has no quorum: what it says may be old, and writes fail with `NOTREADONLY`. */
  get readOnly(): boolean {
    return this.#channel.session.readOnly;
  }

  /** `0n` while there is none. The owner of the ephemeral nodes that this client creates. */
  get sessionId(): bigint {
    return this.#channel.session.id;
  }

  /** With the id, all that another client needs to take the session over. A secret. */
  get sessionPassword(): Buffer {
    return this.#channel.session.password;
  }

  /** What the server grants, in milliseconds; before that, what is asked for. */
  get sessionTimeoutMs(): number {
    return this.#channel.session.timeoutMs;
  }

  /** The largest reply that is believed, in bytes. */
  get maxReplyBytes(): number {
    return this.#channel.maxReplyBytes;
  }

  /** The last transaction that this client has seen the result of. */
  get lastZxid(): bigint {
    return this.#channel.session.zxid;
  }

  /** The server it is connected to, as `host:port`. */
  get server(): string | undefined {
    return this.#channel.session.server;
  }

  /**
   * Why there is no connection, as the last server said it or the system: refused, not trusted, silent. Undefined while there
   * is one, and before the first try has ended.
   */
  get lastError(): ZooKeeperError | undefined {
    return this.#channel.session.problem;
  }

  get closed(): boolean {
    return this.#channel.isClosed;
  }

  /**
   * Resolves when it is connected; at once if it is. Nothing needs it, requests connect by themselves: it is there to wait, and
   * to know early that a server refuses the authentication (`AUTHFAILED`).
   *
   * @example await client.connect({ signal: AbortSignal.timeout(3_000) });
   */
  connect(options: CallSignal = {}): Promise<void> {
    return this.#attempt(() => {
      checkCall('connect', options);
      return this.#channel.ready(options);
    });
  }

  /**
   * Listens: `state` to changes of the connection, `error` to what has no caller to reject: a listener that threw, a watch that
   * could not be set again. Without a listener errors are emitted as warnings of the process.
   *
   * @returns a function that ends it
   * @example
   * const stop = client.on('state', ({ state, reason }) => console.log(state, reason?.message));
   * stop();
   */
  on(kind: 'state', listener: (change: StateChange) => unknown, options?: ListenOptions): Unsubscribe;
  on(kind: 'error', listener: (error: unknown) => unknown, options?: ListenOptions): Unsubscribe;
  on(kind: 'state' | 'error', listener: (value: never) => unknown, options: ListenOptions = {}): Unsubscribe {
    if (!['state', 'error'].includes(kind)) throw argumentError('on', `expected "state" or "error", found ${JSON.stringify(kind)}`);
    checkListening('on', listener, options);
    if (kind === 'state') return this.#states.add(listener as (change: StateChange) => unknown, options);
    return this.#errors.add(listener as (error: unknown) => unknown, options);
  }

  /**
   * Creates a node. Its parent must exist (else `NONODE`), it must not (else `NODEEXISTS`).
   *
   * @param data text is stored as UTF-8. Default: empty
   * @returns its path, with the digits of a sequential one, and its stat
   * @example
   * await client.create('/limit', '100');
   * const { path } = await client.create('/worker-', '', { mode: 'ephemeral', sequential: true });   // /worker-0000000001
   */
  create(path: string, data: Data = '', options: CreateOptions & CallSignal = {}): Promise<Created> {
    return this.#call('create', options, () => this.#requests.create(path, data, options));
  }

  /**
   * Creates the persistent nodes that this path lacks, itself included; what is there stays as it is. `/` is the chroot, which
   * is created too.
   *
   * @example await client.ensurePath('/config/gateway');
   */
  async ensurePath(path: string, options: Pick<CreateOptions, 'acl'> & CallSignal = {}): Promise<void> {
    checkPath('ensurePath', path);
    checkCall('ensurePath', options);
    const { acl, ...call } = options;
    if (acl !== undefined) checkAcls('ensurePath', acl, path);
    const whole = new Requests(new Chroot('/'));
    for (const place of [...lineageOf(this.#root.outward(path))].reverse()) {
      if (place === '/' || (await this.#call('exists', call, () => whole.exists(place))) !== undefined) continue;
      await this.#call('create', call, () => whole.create(place, '', acl === undefined ? {} : { acl })).catch((error: unknown) => {
        if (!isCode(error, 'NODEEXISTS')) throw error;
      });
    }
  }

  /**
   * Deletes a node that has no children (else `NOTEMPTY`).
   *
   * @example
   * await client.create('/old');
   * await client.delete('/old', { version: 0 });
   */
  delete(path: string, options: WriteOptions = {}): Promise<void> {
    return this.#call('delete', options, () => this.#requests.delete(path, versionIn(options)));
  }

  /**
   * The stat of a node, undefined if there is none. A watch here is the only one-shot one that a missing node can have.
   *
   * @example const there = (await client.exists('/limit', { watch: ({ type }) => console.log(type) })) !== undefined;
   */
  exists(path: string, options: ReadOptions = {}): Promise<Stat | undefined> {
    const kind = (error: number): OneShotKind | undefined => (error === 0 ? 'data' : error === noNode ? 'exists' : undefined);
    return this.#read('exists', options, () => this.#requests.exists(path), path, kind);
  }

  /**
   * What a node holds, and its stat.
   *
   * @example
   * const { data, stat } = await client.getData('/config/limit');
   * console.log(data.toString(), stat.version);   // prints 50 0
   */
  getData(path: string, options: ReadOptions = {}): Promise<NodeData> {
    return this.#read('getData', options, () => this.#requests.getData(path), path, (error) => (error === 0 ? 'data' : undefined));
  }

  /**
   * Replaces what a node holds.
   *
   * @returns the new stat
   * @example const { version } = await client.setData('/config/limit', '60', { version: 0 });
   */
  setData(path: string, data: Data, options: WriteOptions = {}): Promise<Stat> {
    return this.#call('setData', options, () => this.#requests.setData(path, data, versionIn(options)));
  }

  /**
   * The names of the children of a node, and its stat.
   *
   * @example
   * const { children } = await client.getChildren('/config');
   * console.log(children.sort().join());   // prints limit
   */
  getChildren(path: string, options: ReadOptions = {}): Promise<NodeChildren> {
    return this.#read('getChildren', options, () => this.#requests.getChildren(path), path, (error) => (error === 0 ? 'children' : undefined));
  }

  /**
   * How many nodes there are below this one, at any depth. Needs ZooKeeper 3.6.
   *
   * @example const nodes = await client.getAllChildrenNumber('/config');
   */
  getAllChildrenNumber(path: string, options: CallSignal = {}): Promise<number> {
    return this.#call('getAllChildrenNumber', options, () => this.#requests.getAllChildrenNumber(path));
  }

  /**
   * Waits until the server has caught up with the leader; reads that are sent afterwards see all that was written before.
   *
   * @example
   * await client.sync('/config');
   * const { data } = await client.getData('/config/limit');
   */
  sync(path = '/', options: CallSignal = {}): Promise<void> {
    return this.#call('sync', options, () => this.#requests.sync(path));
  }

  /**
   * Does all operations or none. If one fails, the error's `path` and `code` are those of the first that did, and its `results`
   * tell of each.
   *
   * @example
   * await client.multi([
   *   { op: 'check', path: '/config', version: 0 },
   *   { op: 'set', path: '/config/limit', data: '70' },
   *   { op: 'create', path: '/config/timeout', data: '2s' },
   * ]);
   */
  multi(operations: readonly Operation[], options: CallSignal = {}): Promise<OperationResult[]> {
    return this.#call('multi', options, () => multi(this.#root, operations));
  }

  /**
   * Reads many nodes with one request; each read succeeds or fails by itself. Ten times as fast as one by one for small nodes.
   * Needs ZooKeeper 3.6. A reply above `maxReplyBytes` ends the connection: ask for some hundred nodes at a time.
   *
   * @example
   * const [limit, names] = await client.multiRead([{ op: 'get', path: '/config/limit' }, { op: 'children', path: '/config' }]);
   * console.log(limit.op === 'get' && limit.data.toString(), names.op);   // prints 50 children
   */
  multiRead(reads: readonly Read[], options: ReadManyOptions = {}): Promise<ReadResult[]> {
    return this.#call('multiRead', options, () => multiRead(this.#root, reads, options.views === true));
  }

  /**
   * Who may do what with a node.
   *
   * @example
   * const { acl } = await client.getAcl('/config');
   * console.log(acl[0].scheme, acl[0].permissions);   // prints world all
   */
  getAcl(path: string, options: CallSignal = {}): Promise<{ acl: Acl[]; stat: Stat }> {
    return this.#call('getAcl', options, () => this.#requests.getAcl(path));
  }

  /**
   * Sets who may do what with a node.
   *
   * @param options.version the `aversion` that the stat must have. Default -1: any
   * @example await client.setAcl('/config', [...readOnlyAcl, { scheme: 'digest', id: digestId('alice', 'secret'), permissions: 'all' }]);
   */
  setAcl(path: string, acl: readonly Acl[], options: WriteOptions = {}): Promise<Stat> {
    return this.#call('setAcl', options, () => this.#requests.setAcl(path, acl, versionIn(options)));
  }

  /**
   * Authenticates, now and on each connection to come. A server that refuses ends the client: `AUTHFAILED`, and `lost` for good.
   *
   * @param auth for `digest`: `user:password`
   * @example
   * await client.addAuth('digest', 'alice:secret');
   * await client.create('/mine', '', { acl: creatorAcl });
   */
  addAuth(scheme: string, auth: string | Uint8Array, options: CallSignal = {}): Promise<void> {
    const identity: Auth = { scheme, auth };
    return this.#attempt(() => {
      checkCall('addAuth', options);
      checkAuth('addAuth', identity);
      return this.#channel.authenticate(identity, options);
    });
  }

  /**
   * Watches a node until the watch is removed, whether it exists or not: `created`, `deleted`, `changed`, and `children`. A
   * recursive watch tells of the node and all below it, but has no `children`: it tells of each child instead. Needs
   * ZooKeeper 3.6 (else `UNIMPLEMENTED`).
   *
   * It stays over reconnects and new sessions, but nothing is told of what happened between: read again after `connected`.
   *
   * @example
   * const watch = await client.addWatch('/config', ({ type, path }) => console.log(type, path), { recursive: true });
   * await client.setData('/config/limit', '80');   // prints changed /config/limit
   * await watch.remove();
   */
  addWatch(path: string, listener: WatchListener, options: AddWatchOptions = {}): Promise<Watch> {
    return this.#attempt(() => {
      checkCall('addWatch', options);
      checkListener('addWatch', listener);
      return this.#watches.add(path, options.recursive === true ? 'recursive' : 'persistent', listener, options);
    });
  }

  /**
   * Removes all watches of a kind that this client has on a node, whoever listens. `NOWATCHER` if there is none.
   *
   * @example
   * await client.getData('/config/limit', { watch: ({ type }) => console.log(type) });
   * await client.removeWatches('/config/limit', { kind: 'data' });
   */
  removeWatches(path: string, options: RemoveWatchesOptions = {}): Promise<void> {
    return this.#attempt(() => {
      checkCall('removeWatches', options);
      const { kind = 'any' } = options;
      return this.#watches.removeAll(path, kind, options);
    });
  }

  /**
   * Ends the session, and with it its ephemeral nodes. Requests that are under way are answered before; those that wait for a
   * connection fail with `CLOSED`. Without a connection the session is left to expire. Never rejects; later calls do nothing.
   *
   * @param options.signal ends the waiting for the server
   */
  async close(options: Pick<CallSignal, 'signal'> = {}): Promise<void> {
    checkKeys('close', 'options', options, ['signal']);
    const closing = this.#channel.close(options.signal);
    this.#states.clear();
    this.#watches.clear();
    await closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #changed(change: StateChange): void {
    this.#states.tell(change);
    if (this.#channel.failure !== undefined && change.state === 'lost') this.#report(this.#channel.failure);
  }

  #call<T>(name: CallName, options: CallSignal, make: () => Request<T>): Promise<T> {
    return this.#attempt(() => {
      checkCall(name, options);
      return this.#channel.call(make(), { signal: options.signal, background: options.background });
    });
  }

  #read<T>(name: CallName, options: ReadOptions, make: () => Request<T>, path: string, kind: (error: number) => OneShotKind | undefined): Promise<T> {
    const watch = (options as ReadOptions | null)?.watch;
    if (watch === undefined) return this.#call(name, options, make);
    return this.#attempt(() => {
      checkCall(name, options);
      return this.#watches.read(make(), path, kind, watch, options);
    });
  }

  // The promise of the call itself is handed out, not one of an async function: no turn comes between an answer and the
  // events behind it.
  #attempt<T>(begin: () => Promise<T>): Promise<T> {
    try {
      return begin();
    } catch (error) {
      return rejected(error);
    }
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a rejection with whatever it was, for a call that is not async
async function rejected(error: unknown): Promise<never> {
  throw error;
}

function versionIn({ version = -1 }: WriteOptions): number {
  return version;
}

/** On the wire. */
const noNode = -101;

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
