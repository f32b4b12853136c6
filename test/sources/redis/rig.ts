import { Redis } from 'ioredis';
import { afterEach, expect } from 'vitest';

import { createConfig, type Config } from '../../../src/index.js';
import type { ConfigError } from '../../../src/core/errors.js';
import type { Source, StateChange } from '../../../src/index.js';
import type { RedisServer } from '../../harness/servers/redis.js';
import { follow, until, type Follower } from '../following.js';

/** What one suite opens, closed after each test; the server is emptied then. */
export interface Rig {
  /** A client of the other side: it changes Redis behind the source's back. */
  readonly client: () => Redis;
  readonly clientOf: (url: string) => Redis;
  /** Follows a source until the test ends, once it has its first reading. */
  readonly follow: (source: Source) => Promise<Follower>;
  readonly config: (source: Source) => Watched;
}

/** A config of one layer, and what it has said. */
export interface Watched {
  readonly config: Config;
  readonly errors: ConfigError[];
  readonly states: StateChange[];
}

export function useRig(server: () => RedisServer): Rig {
  const closing: (() => unknown)[] = [];
  let other: Redis | undefined;
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await server().flush();
  });
  const clientOf = (url: string): Redis => {
    const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    client.on('error', () => undefined); // servers are killed here
    closing.push(() => client.disconnect());
    return client;
  };
  return {
    clientOf,
    client: () => {
      if (other === undefined) {
        other = clientOf(server().url);
        closing.push(() => (other = undefined));
      }
      return other;
    },
    follow: async (source) => {
      const follower = follow(source);
      closing.push(() => follower.stop());
      await until(() => follower.readings.length > 0 || follower.thrown() !== undefined);
      expect(follower.thrown()).toBeUndefined();
      return follower;
    },
    config: (source) => {
      const errors: ConfigError[] = [];
      const states: StateChange[] = [];
      const config = createConfig({ layers: [source], onError: (error) => errors.push(error) });
      config.on('state', (change) => states.push(change));
      closing.push(() => config.close());
      return { config, errors, states };
    },
  };
}

/** Fields of about 100 bytes each. */
export async function fill(client: Redis, hash: string, fields: number): Promise<void> {
  for (let from = 0; from < fields; from += 1_000) {
    const pairs = Array.from({ length: Math.min(1_000, fields - from) }, (_, index) => [`gateway.routes.route-${from + index}.limit`, 'v'.repeat(70)]);
    await client.hset(hash, ...pairs.flat());
  }
}

export const who = { author: 'ann', reason: 'test' };
