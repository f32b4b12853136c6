import { expect, test } from 'vitest';

import type { Redis } from 'ioredis';
import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { plain, until } from '../following.js';
import { fill, useRig, who } from './rig.js';

/** Ways in which somebody else changes two properties as one. */
const writers: Readonly<Record<string, (client: Redis, of: (key: string) => [hash: string[], key: string], value: string) => Promise<unknown>>> = {
  'in one command': (client, of, value) => {
    const [hash, left] = of('left');
    return hash.length === 0 ? client.mset(left, value, of('right')[1], value) : client.hset(hash[0]!, left, value, 'right', value);
  },
  'in MULTI and EXEC': (client, of, value) => {
    const [hash, left] = of('left');
    const [, right] = of('right');
    const multi = client.multi();
    if (hash.length === 0) multi.set(left, value).set(right, value);
    else multi.hset(hash[0]!, left, value).hset(hash[0]!, right, value);
    return multi.exec();
  },
  'in a script': (client, of, value) => {
    const [hash, left] = of('left');
    const [, right] = of('right');
    const command = hash.length === 0 ? `redis.call('SET', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[1])` : `redis.call('HSET', '${hash[0]!}', KEYS[1], ARGV[1]) redis.call('HSET', '${hash[0]!}', KEYS[2], ARGV[1])`;
    return client.eval(command, 2, left, right, value);
  },
};

describeWith('redis', 'what is changed together in Redis', () => {
  const server = useServer(() => startRedis({ keyspaceEvents: 'KEA' }));
  const rig = useRig(server);

  for (const kind of ['hash', 'prefix'] as const) {
    for (const notifications of ['auto', 'keyspace', false] as const) {
      test(`${kind}, notifications ${notifications}: two keys that always move together are never seen apart`, async () => {
        const shape: RedisOptions = kind === 'hash' ? { hash: 'config' } : { prefix: 'config:' };
        const of = (key: string): [string[], string] => (kind === 'hash' ? [['config'], key] : [[], `config:${key}`]);
        if (kind === 'hash') await fill(rig.client(), 'config', 2_000);
        const reader = await rig.follow(redis({ url: server().url, ...shape, notifications, every: 5, reconcile: 50 }));
        const apart: unknown[] = [];
        let seen = 0;
        const look = setInterval(() => {
          for (; seen < reader.readings.length; seen++) {
            const { left, right } = { left: reader.entries.get('left'), right: reader.entries.get('right') };
            if (left !== right) apart.push([left, right]);
          }
        }, 0);
        // Each reading is complete in itself, so looking at the sum of them now and then would miss some: look at each patch, too.
        let last = '';
        let mates = 0;
        for (const [name, write] of Object.entries(writers)) {
          const clients = [rig.clientOf(server().url), rig.clientOf(server().url)];
          await Promise.all(
            clients.map(async (client, who) => {
              for (let round = 0; round < 100; round++) {
                last = `${name} ${who} ${round}`;
                await write(client, of, last);
              }
            }),
          );
          mates += 1;
        }
        last = 'the last';
        await writers['in one command']!(rig.client(), of, last);
        await until(() => reader.entries.get('left') === last, () => [reader.entries.get('left'), String(reader.thrown())]);
        clearInterval(look);
        expect(mates).toBe(3);
        expect(apart).toEqual([]);
        const patches = reader.readings.filter((reading) => reading.kind === 'patch');
        expect(patches.length).toBeGreaterThan(2);
        for (const { set } of patches) expect(set.get('left')).toBe(set.get('right'));
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
