import { createConfig } from '../../src/index.js';
import { zookeeper } from '../../src/sources/zookeeper/index.js';
import { ZooKeeperClient } from '../../src/zookeeper/index.js';
import { TreeCache } from '../../src/zookeeper/tree/index.js';
import { rest, type Random } from './random.js';

const sessionTimeoutMs = 4_000;

/** Those who come for a moment and go, at good moments and bad ones: what they leave behind is a leak. */
export class Visitors {
  readonly #connect: string;
  readonly #root: string;
  readonly #random: Random;
  readonly #shared: ZooKeeperClient;
  count = 0;

  constructor(connect: string, root: string, random: Random) {
    this.#connect = connect;
    this.#root = root;
    this.#random = random;
    this.#shared = new ZooKeeperClient({ connect, sessionTimeoutMs });
  }

  async run(signal: AbortSignal): Promise<void> {
    while (await rest(this.#random.between(200, 1_500), signal)) {
      this.count += 1;
      await this.#random.one([() => this.#cache(), () => this.#client(), () => this.#config()])();
    }
  }

  async close(): Promise<void> {
    await this.#shared.close();
  }

  get #patience(): AbortSignal {
    return AbortSignal.timeout(Math.round(this.#random.between(1, 1_000)));
  }

  async #cache(client = this.#shared): Promise<void> {
    const cache = new TreeCache(client, this.#root);
    cache.on('error', () => undefined);
    await cache.start().ready({ signal: this.#patience }).catch(() => undefined);
    // A server that hangs is not waited for.
    void cache.close();
  }

  async #client(): Promise<void> {
    const client = new ZooKeeperClient({ connect: this.#connect, sessionTimeoutMs });
    await this.#cache(client);
    await client.close({ signal: this.#patience });
  }

  async #config(): Promise<void> {
    const config = createConfig({ layers: [zookeeper({ connect: this.#connect, root: this.#root, sessionTimeout: sessionTimeoutMs })], onError: () => undefined });
    await config.ready({ signal: this.#patience }).catch(() => undefined);
    await config.close();
  }
}
