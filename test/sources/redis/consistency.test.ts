import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import type { Redis } from 'ioredis';

import type { Reading } from '../../../src/core/model.js';
import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { plain, until } from '../following.js';
import { useRig, who } from './rig.js';

/** Sets both keys to `value`, as one. Keys of a hash are its fields. */
type Write = (client: Redis, hash: string | undefined, keys: readonly [string, string], value: string) => Promise<unknown>;

/** Ways in which somebody else changes two properties as one. */
const writers: Readonly<Record<string, Write>> = {
  'in one command': (client, hash, [one, two], value) =>
    hash === undefined ? client.mset(one, value, two, value) : client.hset(hash, one, value, two, value),
  'in MULTI and EXEC': (client, hash, keys, value) => {
    const multi = client.multi();
    for (const key of keys) {
      if (hash === undefined) multi.set(key, value);
      else multi.hset(hash, key, value);
    }
    return multi.exec();
  },
  'in a script': (client, hash, keys, value) => {
    const one = hash === undefined ? `redis.call('SET', KEYS[i], ARGV[1])` : `redis.call('HSET', '${hash}', KEYS[i], ARGV[1])`;
    return client.eval(`for i = 1, 2 do ${one} end`, 2, ...keys, value);
  },
};

const slots = 40;

/** What a reader saw that never was: the clock of a writer tells which of its slots it has set in the same breath. */
function impossible(readings: readonly Reading[]): string[] {
  const found: string[] = [];
  const seen = new Map<string, string>();
  for (const reading of readings) {
    if (reading.kind === 'full') seen.clear();
    for (const key of reading.kind === 'patch' ? reading.remove : []) seen.delete(key);
    for (const [key, value] of reading.kind === 'patch' ? reading.set : reading.entries) seen.set(key, value);
    for (const writer of ['0', '1']) {
      const clock = seen.get(`clock-${writer}`);
      const slot = seen.get(`slot-${writer}-${Number(clock) % slots}`);
      if (clock !== undefined && slot !== clock) found.push(`clock ${clock}, slot ${String(slot)}`);
    }
  }
  return found;
}

describeWith('redis', 'what is changed together in Redis', () => {
  const server = useServer(() => startRedis({ keyspaceEvents: 'KEA' }));
  const rig = useRig(server);

  for (const kind of ['hash', 'prefix'] as const) {
    for (const notifications of ['auto', 'keyspace', false] as const) {
      test(`${kind}, notifications ${notifications}: keys that are changed together are never seen apart`, { timeout: 40_000 }, async () => {
        const shape: RedisOptions = kind === 'hash' ? { hash: 'config' } : { prefix: 'config:' };
        const [hash, start] = kind === 'hash' ? ['config', ''] : [undefined, 'config:'];
        // Many more keys, so that the store is read in portions.
        const pairs = Array.from({ length: 1_500 }, (_, index) => [`${start}other-${index}`, 'v'.repeat(20)]);
        await (hash === undefined ? rig.client().mset(...pairs.flat()) : rig.client().hset(hash, ...pairs.flat()));
        const reader = await rig.follow(redis({ url: server().url, ...shape, notifications, every: 5, reconcile: 100 }));
        let value = 0;
        const writing = ['0', '1'].map(async (writer) => {
          const client = rig.clientOf(server().url);
          for (let round = 0; round < 100; round++) {
            for (const write of Object.values(writers)) {
              value += 1;
              await write(client, hash, [`${start}clock-${writer}`, `${start}slot-${writer}-${value % slots}`], String(value));
              // Moments of rest, in which a reader may come to an end.
              if (round % 10 === 0) await sleep(10);
            }
          }
        });
        await Promise.all(writing);
        const last = await rig.client().mget('config:clock-0', 'config:clock-1');
        const clocks = hash === undefined ? last : await rig.client().hmget(hash, 'clock-0', 'clock-1');
        await until(() => clocks.every((clock, writer) => reader.entries.get(`clock-${writer}`) === clock), () => String(reader.thrown()));
        expect(impossible(reader.readings)).toEqual([]);
        expect(reader.readings.length).toBeGreaterThan(3);
      });

      test(`${kind}, notifications ${notifications}: ten writers of our own at once, and nothing is lost`, async () => {
        const shape: RedisOptions = kind === 'hash' ? { hash: 'config' } : { prefix: 'config:' };
        const options = { url: server().url, ...shape, notifications, every: 20 };
        const reader = await rig.follow(redis(options));
        const stores = Array.from({ length: 10 }, () => redis(options));
        await Promise.all(stores.map((store, at) => store.set({ [`own-${at}`]: at, shared: at, mate: at }, who)));
        await until(() => reader.entries.size === 12);
        const { shared, mate } = plain(reader.entries);
        expect(shared).toBe(mate);
        for (const reading of reader.readings) {
          if (reading.kind === 'patch') expect(reading.set.get('shared')).toBe(reading.set.get('mate'));
        }
        expect((await stores[0]!.history(undefined, 1_000)).length).toBe(30);
      });
    }
  }
});
