import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { openProxy, type Proxy } from '../../harness/proxy.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { follow, until } from '../following.js';
import { fill, useRig, who, type Watched } from './rig.js';

describeWith('redis', 'a Redis that fails', () => {
  const server = useServer(() => startRedis({ keyspaceEvents: 'KEA' }));
  const rig = useRig(server);
  let proxy: Proxy;
  beforeEach(async () => {
    proxy = await openProxy(server().port);
  });
  afterEach(async () => {
    server().resume();
    await proxy.close();
  });

  const behind = (options: Partial<RedisOptions> = {}): RedisOptions => ({ url: `redis://127.0.0.1:${proxy.port}`, hash: 'config', timeout: 600, ...options });

  async function live(options: Partial<RedisOptions> = {}): Promise<Watched> {
    await rig.client().hset('config', 'limit', '1');
    const watched = rig.config(redis(behind(options)));
    await watched.config.ready();
    expect(watched.config.get('limit')).toBe('1');
    return watched;
  }

  const state = ({ config }: Watched): string => config.health().layers[0]!.state;

  async function recovers(watched: Watched): Promise<void> {
    await rig.client().hset('config', 'limit', '2');
    await until(() => watched.config.get('limit') === '2' && state(watched) === 'live', () => [watched.config.get('limit'), state(watched), watched.errors.map(String)]);
  }

  test('killed with -9 and started again: what was good stays, what was written meanwhile comes', async () => {
    const watched = await live({ url: server().url });
    await server().kill();
    await until(() => state(watched) === 'stale');
    expect(watched.config.get('limit')).toBe('1');
    await server().restart();
    await recovers(watched);
  });

  test('a server that hangs is noticed within the deadline, though its connections stay open', async () => {
    const watched = await live({ url: server().url });
    server().pause();
    const began = performance.now();
    await until(() => state(watched) === 'stale');
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(watched.errors[0]!.message).toMatch(/^redis.*expected a word of Redis at 127\.0\.0\.1:\d+ within \d+ ms, found none$/);
    expect(watched.config.get('limit')).toBe('1');
    server().resume();
    await recovers(watched);
  });

  test('a network that swallows everything is noticed as well', async () => {
    const watched = await live();
    proxy.blackhole();
    await until(() => state(watched) === 'stale');
    await proxy.heal();
    await recovers(watched);
  });

  test('connections that are reset, and then refused', async () => {
    const watched = await live();
    proxy.reset();
    await until(() => watched.states.some(({ state: to }) => to === 'stale'));
    await recovers(watched);
    await proxy.refuse();
    await until(() => state(watched) === 'stale');
    expect(watched.errors.some(({ message }) => message.includes('expected a Redis at 127.0.0.1:') && message.includes('ECONNREFUSED')) || watched.errors.length > 0).toBe(true);
    await proxy.heal();
    await rig.client().hset('config', 'limit', '3');
    await until(() => watched.config.get('limit') === '3');
  });

  test('the answer may be cut anywhere: nothing half is ever seen', { timeout: 60_000 }, async () => {
    await fill(rig.client(), 'config', 3_000);
    for (const bytes of [1, 5, 20, 100, 1_000, 20_000, 70_001, 150_000, 250_000]) {
      proxy.cutAfter(bytes);
      const reader = follow(redis(behind()));
      await until(() => reader.readings.length > 0 || reader.thrown() !== undefined);
      for (const reading of reader.readings) expect(reading.kind === 'full' && reading.entries.size).toBe(3_000);
      if (reader.readings.length === 0) expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_SOURCE' });
      await reader.stop();
      await proxy.heal();
    }
  });

  test('connections that an administrator kills', async () => {
    const watched = await live({ url: server().url });
    for (const type of ['normal', 'pubsub']) await rig.client().call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    await until(() => watched.states.some(({ state: to }) => to === 'stale'));
    await recovers(watched);
  });

  test('a slow network is no dead one', { timeout: 30_000 }, async () => {
    await fill(rig.client(), 'config', 3_000);
    proxy.delay(100);
    const reader = await rig.follow(redis(behind({ timeout: 1_500 })));
    expect(reader.entries.size).toBe(3_000);
    await rig.client().hset('config', 'late', '1');
    await until(() => reader.entries.get('late') === '1');
    expect(reader.thrown()).toBeUndefined();
  });

  for (const notifications of ['auto', 'keyspace', false] as const) {
    for (const shape of [{ hash: 'config' }, { prefix: 'config:' }] as const) {
      test(`FLUSHALL, ${JSON.stringify(shape)}, notifications ${notifications}: most keys gone is not believed before it was seen twice`, async () => {
        for (let at = 0; at < 20; at++) {
          await rig.client().hset('config', `key-${at}`, at);
          await rig.client().set(`config:key-${at}`, at);
        }
        const watched = rig.config(redis({ url: server().url, ...shape, notifications, every: 100 }));
        await watched.config.ready();
        expect(watched.config.keys().filter((key) => key.startsWith('key-'))).toHaveLength(20);
        await rig.client().flushall();
        await until(() => watched.errors.some(({ code }) => code === 'CALUMMA_MASS_REMOVAL'), () => watched.errors.map(String));
        expect(watched.config.get('key-3')).toBe('3');
        await until(() => watched.config.get('key-3') === undefined);
        expect(state(watched)).toBe('live');
      });

      test(`EXPIRE and RENAME, ${JSON.stringify(shape)}, notifications ${notifications}`, async () => {
        const key = 'hash' in shape ? 'config' : 'config:a';
        await rig.client().hset('config', 'a', '1');
        await rig.client().set('config:a', '1');
        const reader = await rig.follow(redis({ url: server().url, ...shape, notifications, every: 100 }));
        expect(reader.entries.get('a')).toBe('1');
        await rig.client().rename(key, 'elsewhere');
        await until(() => reader.entries.size === 0, () => String(reader.thrown()));
        await rig.client().rename('elsewhere', key);
        await until(() => reader.entries.get('a') === '1');
        await rig.client().pexpire(key, 50);
        await until(() => reader.entries.size === 0);
      });
    }
  }

  test('aborted at any moment, also while the server hangs: nothing is thrown and no handle is left', async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    await rig.client().hset('config', 'a', '1');
    const before = sockets();
    for (const ms of [0, 1, 2, 5, 10, 20, 50]) {
      const reader = follow(redis({ url: server().url, hash: 'config' }));
      await sleep(ms);
      await reader.stop();
      expect(reader.thrown()).toBeUndefined();
    }
    server().pause();
    const hanging = follow(redis({ url: server().url, hash: 'config' }));
    await sleep(50);
    await hanging.stop();
    expect(hanging.thrown()).toBeUndefined();
    server().resume();
    await until(() => sockets() <= before, () => [sockets(), before]);
  });

  test('a write to a server that hangs fails within the deadline', async () => {
    server().pause();
    await expect(redis(behind({ url: server().url })).set({ a: 1 }, who)).rejects.toMatchObject({ code: 'CALUMMA_SOURCE' });
  });
});
