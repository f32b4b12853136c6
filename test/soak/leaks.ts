import { createHook } from 'node:async_hooks';

import type { Zookeeper } from '../harness/servers/zookeeper.js';

/** What is there at a quiet moment. */
export interface Inventory {
  readonly heapBytes: number;
  readonly sockets: number;
  readonly timers: number;
}

const socket = 'TCPWRAP';
const timer = 'Timeout';

/** Counts sockets and timers from their beginning to their end, those that keep no process alive included. */
export class Inventories {
  readonly #alive = new Map<string, Set<number>>([[socket, new Set()], [timer, new Set()]]);
  readonly #types = new Map<number, string>();

  constructor() {
    createHook({
      init: (id, type) => {
        if (this.#alive.get(type)?.add(id) !== undefined) this.#types.set(id, type);
      },
      destroy: (id) => {
        const type = this.#types.get(id);
        if (type !== undefined) this.#alive.get(type)?.delete(id);
        this.#types.delete(id);
      },
    }).enable();
  }

  take(): Inventory {
    for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { heapBytes: heapUsed + external, sockets: this.#count(socket), timers: this.#count(timer) };
  }

  #count(type: string): number {
    return this.#alive.get(type)?.size ?? 0;
  }
}

/** How much a figure may be higher in the second half of a run than in the first, least against least. */
const growthAtMost: Inventory = { heapBytes: 3_000_000, sockets: 0, timers: 5 };

/** What has grown from one half of the samples to the other. The first one is left out: code is compiled, caches are filled. */
export function growth(samples: readonly Inventory[]): string[] {
  const warm = samples.slice(1);
  if (warm.length < 4) return [];
  const half = Math.floor(warm.length / 2);
  return (['heapBytes', 'sockets', 'timers'] as const).flatMap((name) => {
    const least = (part: readonly Inventory[]): number => Math.min(...part.map((sample) => sample[name]));
    const [before, after] = [least(warm.slice(0, half)), least(warm.slice(half))];
    return after - before > growthAtMost[name] ? [`${name}: at least ${before} in the first half, at least ${after} in the second`] : [];
  });
}

/** Sessions that the leader knows, and watches that all servers have. */
export async function onServers(zookeeper: Zookeeper): Promise<{ readonly sessions: number; readonly watches: number }> {
  const dump = await (await zookeeper.leader()).ask('dump');
  const [tracked = ''] = dump.split('ephemeral nodes dump');
  const watches = await Promise.all(zookeeper.servers.map(async (server) => Number(/^Total watches:(\d+)$/m.exec(await server.ask('wchs'))?.[1] ?? 0)));
  return { sessions: tracked.match(/^\s*0x[0-9a-f]+/gm)?.length ?? 0, watches: watches.reduce((sum, count) => sum + count, 0) };
}
