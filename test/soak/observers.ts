import { createConfig, type Config } from '../../src/index.js';
import { zookeeper } from '../../src/sources/zookeeper/index.js';
import { ZooKeeperClient, type ZooKeeperOptions } from '../../src/zookeeper/index.js';
import { TreeCache, type TreeCacheOptions, type TreeChange } from '../../src/zookeeper/tree/index.js';
import { differences, propertiesOf, shown, type ServerNode } from './server-tree.js';

/** Somebody who follows the writer, and what it has made of what it was told. */
export interface Observer {
  readonly name: string;
  /** The last transaction that it knows of. */
  readonly zxid: bigint;
  /** Connections that it had after the first. */
  readonly reconnects: number;
  /** What must not happen: a change that does not follow from the one before. */
  readonly problems: string[];
  isLive(): boolean;
  /** @param inTheirChildren whether what stats say of children counts */
  differences(server: ReadonlyMap<string, ServerNode>, inTheirChildren: boolean): string[];
  close(): Promise<void>;
}

const sessionTimeoutMs = 4_000;

/** A tree cache with a client of its own, and a model made of its events alone. */
export class TreeObserver implements Observer {
  readonly name: string;
  readonly problems: string[] = [];
  readonly #root: string;
  readonly #client: ZooKeeperClient;
  readonly #cache: TreeCache;
  readonly #model = new Map<string, string>();
  reconnects = -1;

  constructor(name: string, root: string, client: ZooKeeperOptions, options: TreeCacheOptions) {
    this.name = name;
    this.#root = root;
    this.#client = new ZooKeeperClient({ sessionTimeoutMs, ...client });
    this.#client.on('state', ({ state }) => void (this.reconnects += state === 'connected' ? 1 : 0));
    this.#client.on('error', (error) => void this.problems.push(`${name}: client: ${String(error)}`));
    this.#cache = new TreeCache(this.#client, root, options);
    this.#cache.on('changes', ({ changes }) => changes.forEach((change) => this.#apply(change)));
    this.#cache.on('error', (error) => void this.problems.push(`${name}: cache: ${String(error)}`));
    this.#cache.start();
  }

  get zxid(): bigint {
    return this.#cache.zxid;
  }

  isLive(): boolean {
    return this.#cache.state === 'live';
  }

  differences(server: ReadonlyMap<string, ServerNode>, inTheirChildren: boolean): string[] {
    const real = new Map([...server].map(([path, { text }]) => [path, text]));
    const held = new Map([...this.#cache].map(({ path, text }) => [path, text ?? '']));
    const stats = new Map([...this.#cache].map(({ path, stat }) => [path, shown(stat, inTheirChildren)]));
    const realStats = new Map([...server].map(([path, { stat }]) => [path, shown(stat, inTheirChildren)]));
    return [
      ...differences(`${this.name}, model of its events`, this.#model, real),
      ...differences(`${this.name}, cache`, held, real),
      ...differences(`${this.name}, stats in the cache`, stats, realStats),
    ];
  }

  async close(): Promise<void> {
    await this.#cache.close();
    await this.#client.close();
  }

  #apply({ type, path, node, before }: TreeChange): void {
    const told = before === undefined ? undefined : (before.text ?? '');
    if (this.#model.get(path) !== told) this.problems.push(`${this.name}: ${type} ${path}: told of another state before than there was`);
    if (type !== 'removed' && path !== this.#root && !this.#model.has(path.slice(0, path.lastIndexOf('/')))) this.problems.push(`${this.name}: ${type} ${path}: its parent is not there`);
    if (node === undefined) this.#model.delete(path);
    else this.#model.set(path, node.text ?? '');
  }
}

const errorsOfAnOutage = ['CALUMMA_SOURCE', 'CALUMMA_MASS_REMOVAL'];

/** A config with a layer of ZooKeeper, and a model made of its changes alone. */
export class ConfigObserver implements Observer {
  readonly name: string;
  readonly problems: string[] = [];
  readonly #root: string;
  readonly #config: Config;
  readonly #model = new Map<string, string>();
  reconnects = -1;

  constructor(name: string, root: string, connect: string, reconcile: string) {
    this.name = name;
    this.#root = root;
    this.#config = createConfig({
      layers: [zookeeper({ connect, root, sessionTimeout: sessionTimeoutMs, reconcile })],
      onError: ({ code, message }) => {
        if (!errorsOfAnOutage.includes(code)) this.problems.push(`${name}: ${code} ${message}`);
      },
    });
    this.#config.on('change', ({ changes }) => changes.forEach(({ key, before, after }) => this.#apply(key, before, after)));
    this.#config.on('state', ({ state }) => void (this.reconnects += state === 'live' ? 1 : 0));
  }

  get zxid(): bigint {
    return BigInt(this.#config.health().layers[0]?.version ?? '0');
  }

  isLive(): boolean {
    return this.#config.health().state === 'live';
  }

  differences(server: ReadonlyMap<string, ServerNode>): string[] {
    const real = propertiesOf(server, this.#root);
    const held = new Map(this.#config.entries());
    return [...differences(`${this.name}, model of its changes`, this.#model, real), ...differences(`${this.name}, entries`, held, real)];
  }

  async close(): Promise<void> {
    await this.#config.close();
  }

  #apply(key: string, before: string | undefined, after: string | undefined): void {
    if (this.#model.get(key) !== before) this.problems.push(`${this.name}: ${key}: told of another value before than there was`);
    if (after === undefined) this.#model.delete(key);
    else this.#model.set(key, after);
  }
}
