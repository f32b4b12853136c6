import { inspect } from 'node:util';

import { Redis } from 'ioredis';
import { expect, test } from 'vitest';

import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { follow, plain, until } from '../following.js';
import { useRig, who } from './rig.js';

describeWith('redis', 'who may do what in Redis', () => {
  const server = useServer(() => startRedis({ keyspaceEvents: 'KEA' }));
  const rig = useRig(server);
  const base = (username: string): RedisOptions => ({ host: '127.0.0.1', port: server().port, username, password: 'p', every: 50 });
  const as = (username: string): RedisOptions => ({ ...base(username), hash: 'config' });

  async function user(name: string, ...rules: string[]): Promise<void> {
    await rig.client().call('ACL', 'SETUSER', name, 'reset', 'on', '>p', ...rules);
  }

  async function follows(options: RedisOptions): Promise<void> {
    await rig.client().hset('config', 'a', '1');
    await rig.client().set('config:a', '1');
    const reader = await rig.follow(redis(options));
    expect(plain(reader.entries)).toEqual({ a: '1' });
    await rig.client().hset('config', 'a', '2');
    await rig.client().set('config:a', '2');
    await until(() => reader.entries.get('a') === '2', () => String(reader.thrown()));
  }

  for (const kind of ['hash', 'prefix'] as const) {
    const options = (name: string): RedisOptions => (kind === 'hash' ? as(name) : { ...base(name), prefix: 'config:' });

    test(`${kind}: a user who may read and nothing else is served by looking`, async () => {
      await user('reader', '~config*', 'resetchannels', '-@all', '+@read', '+@transaction', '+ping', '+select');
      await follows(options('reader'));
    });

    test(`${kind}: one who may listen to keyspace notifications, but not track or see the configuration`, async () => {
      await user('listener', '~config*', 'resetchannels', '&__keyspace@0__:config*', '-@all', '+@read', '+@transaction', '+ping', '+subscribe', '+psubscribe');
      await follows(options('listener'));
    });

    test(`${kind}: one who may not read the history`, async () => {
      if (kind === 'hash') await user('outsider', '~config', '&*', '+@all');
      else await user('outsider', '~config:a', '&*', '+@all');
      await redis(kind === 'hash' ? { url: server().url, hash: 'config' } : { url: server().url, prefix: 'config:' }).set({ a: 0 }, who);
      await follows(options('outsider'));
    });

    test(`${kind}: one who may not write is told what is missing`, async () => {
      await user('reader', '~config*', 'resetchannels', '-@all', '+@read', '+@transaction', '+ping');
      await expect(redis(options('reader')).set({ a: 1 }, who)).rejects.toThrow(/redis: writing (hash|prefix) .*NOPERM.*ACL SETUSER/);
    });
  }

  test('the rights that the message names are enough', async () => {
    await user('reader', '~config*', '&*', '-@all', '+@read', '+@connection', '+@transaction');
    await follows(as('reader'));
    await user('writer', '~config*', '&*', '-@all', '+@read', '+@connection', '+@transaction', '+eval', '+time', '+@write');
    await redis(as('writer')).set({ b: 1 }, who);
  });

  test('a client that was handed in gives its settings, is not used and not closed', async () => {
    const client = new Redis({ host: '127.0.0.1', port: server().port, db: 2, keyPrefix: 'app:', lazyConnect: true });
    try {
      const store = redis({ client, hash: 'config' });
      const reader = await rig.follow(store);
      expect(client.status).toBe('wait');
      await client.hset('config', 'a', '1');
      await until(() => reader.entries.get('a') === '1');
      await store.set({ b: 2 }, who);
      await until(() => reader.entries.get('b') === '2');
      expect(await client.hgetall('config')).toEqual({ a: '1', b: '2' });
      await rig.client().select(2);
      expect(await rig.client().exists('app:config', 'app:config:history')).toBe(2);
      await reader.stop();
      expect(await client.ping()).toBe('PONG');
    } finally {
      client.disconnect();
      await rig.client().select(0);
    }
  });

  test('another database by its number', async () => {
    const store = redis({ url: `${server().url}/5`, hash: 'config', notifications: 'keyspace' });
    const reader = await rig.follow(store);
    await store.set({ a: 1 }, who);
    await until(() => reader.entries.get('a') === '1');
    expect(await rig.client().exists('config')).toBe(0);
  });

  test('a password that nobody asks for is no obstacle', async () => {
    await rig.client().hset('config', 'a', '1');
    const reader = await rig.follow(redis({ host: '127.0.0.1', port: server().port, password: 'unneeded', hash: 'config' }));
    expect(reader.entries.size).toBe(1);
  });

  test('a wrong password, and no address: nothing secret is shown', async () => {
    await user('ann', '~*', '&*', '+@all');
    for (const options of [{ ...as('ann'), password: 'geheim' }, { ...as('nobody'), password: 'geheim' }]) {
      const reader = follow(redis(options));
      await until(() => reader.thrown() !== undefined);
      expect(String(reader.thrown())).toMatch(/redis: 127\.0\.0\.1:\d+: expected to be let in, found "WRONGPASS.*check `username` and `password`/);
      expect(inspect(reader.thrown(), { depth: 10 })).not.toContain('geheim');
    }
  });
});
