import type { Channel } from './channel.js';
import { waitingIn, type Waiting } from './calls.js';
import { argumentError, isCode, ZooKeeperError } from './errors.js';
import { later } from './listeners.js';
import type { Chroot } from './paths.js';
import type { WatchEvent } from './records.js';
import { frameOf, markWatch, opcodes, xids, type Request, type Requests } from './requests.js';
import { WatchRegistry, type LastingWatch, type OneShotKind, type WatchListener, type WatchLists, type WatchMode } from './watches.js';

/** A watch that lasts until it is removed, over reconnects and over the end of the session. */
export interface Watch {
  readonly path: string;
  readonly recursive: boolean;
  /**
   * Ends it. The listener hears nothing from this moment on; the promise resolves when the server has been told, or needs
   * not be told because it is gone.
   */
  remove(): Promise<void>;
}

/** Which watches on a node: those that reading it left (`data`, `children`), the lasting ones, or all. */
export type WatchKind = 'data' | 'children' | 'persistent' | 'recursive' | 'any';

const modes = { persistent: 0, recursive: 1 } as const;
// WatcherType.java. 4 and 5 came with 3.9: an older server calls them unreadable, and needs neither.
const types = { children: 1, data: 2, any: 3, persistent: 4, recursive: 5 } as const;

/** As in the Java client: an eighth of what a server takes. */
const batchBytes = 128 * 1024;

const kindsOf: Readonly<Record<WatchKind, readonly (OneShotKind | WatchMode)[]>> = {
  data: ['data', 'exists'],
  children: ['children'],
  persistent: ['persistent'],
  recursive: ['recursive'],
  any: ['data', 'exists', 'children', 'persistent', 'recursive'],
};

/** Keeps what the server watches in step with what the listeners want. */
export class WatchKeeper {
  readonly #registry = new WatchRegistry();
  readonly #channel: Channel;
  readonly #requests: Requests;
  readonly #root: Chroot;
  readonly #report: (error: unknown) => void;
  /** What is being done about a path: one thing after the other. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(channel: Channel, requests: Requests, root: Chroot, report: (error: unknown) => void) {
    this.#channel = channel;
    this.#requests = requests;
    this.#root = root;
    this.#report = report;
  }

  /** A read that leaves a watch, if the read itself works. `kind` may depend on the answer: there is no data to watch on no node. */
  read<T>(request: Request<T>, path: string, kind: (error: number) => OneShotKind | undefined, listener: WatchListener, options: Waiting): Promise<T> {
    let told = false;
    return this.#channel.call(request, {
      ...waitingIn(options),
      sending: (frame) => {
        told = this.#registry.held(path) === undefined;
        markWatch(frame, told);
      },
      answered: (error) => {
        const left = kind(error);
        if (left === undefined) return;
        this.#registry.addOneShot(left, path, listener);
        if (!told && this.#registry.held(path) === undefined) this.#resetOneShots(path);
      },
    });
  }

  async add(path: string, mode: WatchMode, listener: WatchListener, options: Waiting): Promise<Watch> {
    // Only to have the path checked before anything is kept.
    this.#requests.addWatch(path, modes[mode]);
    const watch: LastingWatch = { path, mode, listener };
    this.#registry.addLasting(watch);
    try {
      await this.#align(path, waitingIn(options));
    } catch (error) {
      // Nobody waits for the server to forget it again: that may take until there is a connection.
      void this.#remove(watch).catch(this.#report);
      throw error;
    }
    return { path, recursive: mode === 'recursive', remove: () => this.#remove(watch) };
  }

  /** @throws ZooKeeperError `NOWATCHER` */
  async removeAll(path: string, kind: WatchKind, options: Waiting): Promise<void> {
    if (!Object.hasOwn(kindsOf, kind)) throw argumentError('removeWatches', `expected the kind ${Object.keys(kindsOf).join(', ')}, found ${JSON.stringify(kind)}`, path);
    const request = this.#requests.removeWatches(path, types[kind]);
    if (!this.#registry.removeAll(path, kindsOf[kind])) {
      throw new ZooKeeperError('NOWATCHER', `removeWatches ${path}: there is no such watch (NOWATCHER)`, { path });
    }
    await this.#align(path, waitingIn(options));
    if (kind !== 'persistent' && kind !== 'recursive') await this.#inform(request, path, waitingIn(options));
  }

  dispatch(found: WatchEvent): void {
    const path = this.#root.inward(found.path);
    if (path === undefined) return;
    const event = { ...found, path };
    this.#tell(event);
    const implied = this.#registry.implied(event);
    if (implied !== undefined) this.#tell(implied);
  }

  forgetServer(): void {
    this.#registry.forgetServer();
  }

  clear(): void {
    this.#registry.clear();
  }

  /** Requests that set everything again on a new connection; what changed since `zxid` is told at once. */
  *restore(zxid: bigint): Generator<Buffer> {
    const sizeOf = (path: string): number => Buffer.byteLength(this.#root.outward(path)) + 4;
    for (const lists of this.#registry.restore(sizeOf, batchBytes)) {
      for (const mode of ['persistent', 'recursive'] as const) {
        for (const path of lists[mode]) this.#registry.hold(path, mode);
      }
      yield this.#setWatches(lists, zxid);
    }
  }

  #tell(event: WatchEvent): void {
    const { oneShots, lasting } = this.#registry.take(event);
    for (const listener of oneShots) later(() => !this.#channel.isClosed, listener, event, this.#report);
    for (const watch of lasting) later(() => this.#registry.isActive(watch), watch.listener, event, this.#report);
  }

  async #remove(watch: LastingWatch): Promise<void> {
    if (!this.#registry.removeLasting(watch)) return;
    await this.#align(watch.path, {}).catch((error: unknown) => {
      if (!isCode(error, 'CONNECTIONLOSS', 'CLOSED')) throw error;
    });
  }

  /** Makes the server watch what is wanted on this path by then. The signal ends the waiting for one's turn as well. */
  #align(path: string, waiting: Waiting): Promise<void> {
    const { signal } = waiting;
    const aligned = this.#inTurn(path, waiting);
    if (signal === undefined) return aligned;
    return new Promise((resolve, reject) => {
      const stop = this.#channel.aborts.on(signal, () => reject(signal.reason as Error));
      aligned.then(resolve, reject).finally(stop);
    });
  }

  #inTurn(path: string, waiting: Waiting): Promise<void> {
    const before = this.#turns.get(path) ?? Promise.resolve();
    const mine = before.then(() => (waiting.signal?.aborted === true ? undefined : this.#step(path, waiting)));
    const turn = mine
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(path) === turn) this.#turns.delete(path);
      });
    this.#turns.set(path, turn);
    return mine;
  }

  async #step(path: string, waiting: Waiting): Promise<void> {
    for (;;) {
      const wanted = this.#registry.wanted(path);
      const held = this.#registry.held(path);
      if (wanted === held) return;
      try {
        if (wanted === undefined) await this.#unset(path);
        else await this.#set(path, wanted, held, waiting);
      } catch (error) {
        // The next connection sets what is wanted by then.
        if (!isCode(error, 'CONNECTIONLOSS') || !this.#channel.isPatient) throw error;
      }
    }
  }

  async #set(path: string, wanted: WatchMode, held: WatchMode | undefined, waiting: Waiting): Promise<void> {
    const added = this.#channel.call(this.#requests.addWatch(path, modes[wanted]), {
      ...waiting,
      sending: () => this.#registry.hold(path, wanted),
      answered: (error) => {
        if (error === 0) return;
        this.#registry.hold(path, undefined);
        this.#resetOneShots(path);
      },
    });
    // From 3.9 on the one before is still there, beside the new one.
    const replaced = held === undefined ? undefined : this.#inform(this.#requests.removeWatches(path, types[held]), path, waiting);
    await Promise.all([added, replaced]);
  }

  async #unset(path: string): Promise<void> {
    await this.#channel.call(this.#requests.removeWatches(path, types.any), {
      answered: () => {
        this.#registry.hold(path, undefined);
        this.#resetOneShots(path);
      },
    }).catch(ignoreMissing);
  }

  /** Tells the server of something that it may know already. */
  async #inform(request: Request<void>, path: string, waiting: Waiting): Promise<void> {
    if (!this.#channel.session.isOpen) return;
    await this.#channel.call(request, { ...waiting, answered: () => this.#resetOneShots(path) }).catch(ignoreMissing);
  }

  /** Nothing is missed between: what happened since the last reply is told at once, and what was before has been told. */
  #resetOneShots(path: string): void {
    const lists = this.#registry.oneShotsOf(path);
    if (this.#registry.held(path) !== undefined || Object.values(lists).every((paths) => paths.length === 0)) return;
    this.#channel.setWatches(this.#setWatches(lists, this.#channel.session.zxid));
  }

  #setWatches({ data, exists, children, persistent, recursive }: WatchLists, zxid: bigint): Buffer {
    // Servers before 3.6 know only the first three lists.
    const lasting = persistent.length + recursive.length > 0;
    const lists = lasting ? [data, exists, children, persistent, recursive] : [data, exists, children];
    return frameOf(lasting ? opcodes.setWatches2 : opcodes.setWatches, (writer) => {
      writer.long(zxid);
      for (const list of lists) writer.vector(list, (path) => writer.string(this.#root.outward(path)));
    }, batchBytes / 8, xids.setWatches);
  }
}

// A watch that fired meanwhile, a connection that ended, a server that is older: in each case there is nothing left to remove.
function ignoreMissing(error: unknown): void {
  if (!isCode(error, 'NOWATCHER', 'CONNECTIONLOSS', 'MARSHALLINGERROR')) throw error;
}
