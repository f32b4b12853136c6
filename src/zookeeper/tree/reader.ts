import type { CallSignal, ReadManyOptions, ZooKeeperClient } from '../client.js';
import { isCode } from '../errors.js';
import type { ReadResult } from '../multi.js';
import type { Stat } from '../records.js';
import type { WatchListener } from '../watches.js';

/** What reading a node gave. */
export type Found =
  /** The data may be a view of a whole reply: it is not to be kept. */
  | { readonly kind: 'node'; readonly data: Buffer; readonly stat: Stat }
  | { readonly kind: 'absent' }
  /** It is there, but its ACL does not let us read it. */
  | { readonly kind: 'unreadable' };

/**
 * Reads nodes by the batch. `found` is called in the same microtask as the answer comes in: every watch event that the server
 * sent before the answer has been heard by then, and none that it sent behind it.
 */
export interface Reader {
  /** Whether a list has to be read because that leaves a watch, also one that is known to be empty. */
  readonly listsLeaves: boolean;
  /** How many nodes are asked for at once. */
  readonly nodesPerRead: number;
  read(paths: readonly string[], found: (path: string, what: Found) => void): Promise<void>;
  /** Names of children; what cannot be listed any more is left out, it is known from elsewhere. */
  list(paths: readonly string[], found: (path: string, names: readonly string[]) => void): Promise<void>;
}

/** The most that servers hold in a node, and its stat. */
const largestNode = 1.3 * 1024 * 1024;
const nodesAtMost = 48;

/** One request for many nodes. Needs ZooKeeper 3.6. */
export class BatchReader implements Reader {
  readonly listsLeaves = false;
  readonly nodesPerRead: number;
  readonly #client: ZooKeeperClient;
  readonly #options: ReadManyOptions;

  constructor(client: ZooKeeperClient, options: CallSignal) {
    this.#client = client;
    // However large the nodes are, an answer stays below what the client takes.
    this.nodesPerRead = Math.min(nodesAtMost, Math.max(1, Math.floor(client.maxReplyBytes / largestNode)));
    this.#options = { ...options, views: true };
  }

  read(paths: readonly string[], found: (path: string, what: Found) => void): Promise<void> {
    const reads = paths.map((path) => ({ op: 'get', path }) as const);
    return this.#client.multiRead(reads, this.#options).then((results) => {
      for (const result of results) found(result.path, foundIn(result));
    });
  }

  list(paths: readonly string[], found: (path: string, names: readonly string[]) => void): Promise<void> {
    const reads = paths.map((path) => ({ op: 'children', path }) as const);
    return this.#client.multiRead(reads, this.#options).then((results) => {
      for (const result of results) {
        if (result.op === 'children') found(result.path, result.children);
        else if (result.op === 'error') missing(result.error);
      }
    });
  }
}

/** For servers before 3.6: a request for each node, which leaves a watch that fires once. */
export class WatchingReader implements Reader {
  readonly listsLeaves: boolean;
  readonly nodesPerRead = nodesAtMost;
  readonly #client: ZooKeeperClient;
  readonly #options: CallSignal & { readonly watch: WatchListener | undefined };
  readonly #root: string;

  /** @param watch always the same function: the client tells it once, however often it was given */
  constructor(client: ZooKeeperClient, root: string, watch: WatchListener | undefined, options: CallSignal) {
    this.#client = client;
    this.#root = root;
    this.#options = { ...options, watch };
    this.listsLeaves = watch !== undefined;
  }

  async read(paths: readonly string[], found: (path: string, what: Found) => void): Promise<void> {
    await Promise.all(paths.map((path) => this.#readOne(path, found)));
  }

  async list(paths: readonly string[], found: (path: string, names: readonly string[]) => void): Promise<void> {
    await Promise.all(paths.map((path) => this.#client.getChildren(path, this.#options).then(({ children }) => found(path, children), missing)));
  }

  #readOne(path: string, found: (path: string, what: Found) => void): Promise<void> {
    return this.#client.getData(path, this.#options).then(
      ({ data, stat }) => found(path, { kind: 'node', data, stat }),
      (error: unknown) => {
        const what = missing(error);
        // A missing node is told of by its parent's list; the root has nobody who would tell of it.
        if (what.kind === 'absent' && path === this.#root) return this.#waitFor(path, found);
        found(path, what);
      },
    );
  }

  // Data and list of a node that is not there leave no watch: only looking whether it exists does.
  #waitFor(path: string, found: (path: string, what: Found) => void): Promise<void> {
    return this.#client.exists(path, this.#options).then((stat) => (stat === undefined ? found(path, { kind: 'absent' }) : this.#readOne(path, found)));
  }
}

function foundIn(result: ReadResult): Found {
  if (result.op === 'get') return { kind: 'node', data: result.data, stat: result.stat };
  return result.op === 'error' ? missing(result.error) : { kind: 'absent' };
}

/** @throws what does not say that the node is gone or closed to us: an error is no absence */
function missing(error: unknown): Found {
  if (isCode(error, 'NONODE')) return { kind: 'absent' };
  if (isCode(error, 'NOAUTH')) return { kind: 'unreadable' };
  throw error;
}
