import type { Zookeeper, ZookeeperServer } from '../harness/servers/zookeeper.js';
import { rest, type Random } from './random.js';

/**
 * What befalls the servers: each of them by itself is killed, or hangs, and comes back a moment later. So now and then two of them
 * are away, and there is no quorum, or all three.
 */
export class Faults {
  readonly #servers: readonly ZookeeperServer[];
  readonly #random: Random;
  kills = 0;
  pauses = 0;

  constructor(zookeeper: Zookeeper, random: Random) {
    this.#servers = zookeeper.servers;
    this.#random = random;
  }

  /** Until the signal aborts. All servers are well again when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#servers.map((server) => this.#befall(server, signal)));
  }

  async #befall(server: ZookeeperServer, signal: AbortSignal): Promise<void> {
    while (await rest(this.#random.between(4_000, 20_000), signal)) {
      if (this.#random.chance(0.5)) await this.#kill(server, signal);
      else await this.#pause(server, signal);
    }
  }

  async #kill(server: ZookeeperServer, signal: AbortSignal): Promise<void> {
    this.kills += 1;
    await server.kill();
    await rest(this.#random.between(0, 4_000), signal);
    await server.restart();
  }

  async #pause(server: ZookeeperServer, signal: AbortSignal): Promise<void> {
    this.pauses += 1;
    server.pause();
    await rest(this.#random.between(100, 6_000), signal);
    server.resume();
  }
}
