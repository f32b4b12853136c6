import { expect, test } from 'vitest';

import { isWritable } from '../../../src/core/writable.js';
import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { until } from '../following.js';
import { fill, useRig, who } from './rig.js';

const ann = { author: 'ann', reason: 'traffic peak' };
const bob = { author: 'bob', reason: 'all clear' };

describeWith('redis', 'writing to Redis', () => {
  const server = useServer(() => startRedis());
  const rig = useRig(server);

  for (const shape of [{ hash: 'config' }, { prefix: 'config:' }] as const) {
    const open = (options: Partial<RedisOptions> = {}) => redis({ url: server().url, ...shape, ...options });
    const kind = 'hash' in shape ? 'hash' : 'prefix';
    const raw = (key: string) => (kind === 'hash' ? rig.client().hget('config', key) : rig.client().get(`config:${key}`));
    const put = (key: string, value: string | Buffer) => (kind === 'hash' ? rig.client().hset('config', key, value) : rig.client().set(`config:${key}`, value));

    test(`${kind}: what is set stands in Redis, what is deleted does not, and the history tells`, async () => {
      const store = open();
      expect(isWritable(store)).toBe(true);
      const first = await store.set({ limit: 1, on: true, 'emoji 😀': '' }, ann);
      const second = await store.set({ limit: 2, on: null }, bob);
      const third = await store.delete(['emoji 😀', 'never there'], bob);
      expect([await raw('limit'), await raw('on'), await raw('emoji 😀')]).toEqual(['2', null, null]);
      expect(new Set([first.version, second.version, third.version]).size).toBe(3);
      const history = await store.history();
      expect(history.map(({ key, before, after, author, reason, version }) => ({ key, before, after, author, reason, version }))).toEqual([
        { key: 'emoji 😀', before: '', after: undefined, ...bob, version: third.version },
        { key: 'on', before: 'true', after: undefined, ...bob, version: second.version },
        { key: 'limit', before: '1', after: '2', ...bob, version: second.version },
        { key: 'emoji 😀', before: undefined, after: '', ...ann, version: first.version },
        { key: 'on', before: undefined, after: 'true', ...ann, version: first.version },
        { key: 'limit', before: undefined, after: '1', ...ann, version: first.version },
      ]);
      expect(Math.abs(Date.now() - history[0]!.at.getTime())).toBeLessThan(60_000);
      expect((await store.history('limit')).map(({ after }) => after)).toEqual(['2', '1']);
      expect((await store.history('limit', 1)).map(({ after }) => after)).toEqual(['2']);
      expect(await store.history('unheard of')).toEqual([]);
    });

    test(`${kind}: a write of what is already there changes nothing, and has the version that was there`, async () => {
      const store = open();
      const { version } = await store.set({ a: 1 }, who);
      expect(await store.set({ a: 1, b: null }, who)).toEqual({ version });
      expect(await store.history()).toHaveLength(1);
    });

    test(`${kind}: a stale version is refused, one of other keys is not`, async () => {
      const store = open();
      const reader = await rig.follow(store);
      const before = reader.last().version!;
      const first = await store.set({ a: 1, b: 1 }, { ...who, expectedVersion: before });
      const second = await store.set({ a: 2 }, { ...who, expectedVersion: first.version });
      await expect(store.set({ a: 3 }, { ...who, expectedVersion: first.version })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
      await expect(store.set({ c: 3, a: null }, { ...who, expectedVersion: before })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
      await expect(store.delete('a', { ...who, expectedVersion: first.version })).rejects.toThrow(/"a" was changed since, the store is at/);
      expect(await raw('a')).toBe('2');
      expect(await raw('c')).toBe(null);
      await store.set({ b: 2 }, { ...who, expectedVersion: first.version });
      await store.set({ c: 1 }, { ...who, expectedVersion: second.version });
      expect([await raw('b'), await raw('c')]).toEqual(['2', '1']);
    });

    test(`${kind}: versions that the store does not know are refused`, async () => {
      const store = open();
      await store.set({ a: 1 }, who);
      for (const expectedVersion of ['99999999999999-0', '1-0', 'nonsense', '7', '-', '+', '0-1']) {
        await expect(store.set({ a: 2 }, { ...who, expectedVersion }), expectedVersion).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
      }
      expect(await raw('a')).toBe('1');
    });

    test(`${kind}: of ten that have seen the same, one may write`, async () => {
      const { version } = await open().set({ a: 0 }, who);
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, at) => open().set({ a: at + 1 }, { ...who, expectedVersion: version })));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test(`${kind}: more than 10 MB in the store is refused, whoever wrote the rest`, { timeout: 30_000 }, async () => {
      for (let at = 0; at < 9; at++) await put(`big-${at}`, 'x'.repeat(1024 * 1024));
      const store = open();
      await store.set({ half: 'y'.repeat(512 * 1024) }, who);
      await expect(store.set({ other: 'z'.repeat(600 * 1024) }, who)).rejects.toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
      expect(await raw('other')).toBe(null);
      await store.set({ 'big-0': null, other: 'z'.repeat(600 * 1024) }, who);
      expect((await raw('other'))?.length).toBe(600 * 1024);
      // Somebody else has made room meanwhile.
      await put('big-1', '');
      await store.set({ another: 'z'.repeat(1_500 * 1024) }, who);
      expect((await raw('another'))?.length).toBe(1_500 * 1024);
    });

    test(`${kind}: bad arguments are refused`, async () => {
      const store = open();
      const bad = [
        () => store.set({ a: 1 }, { author: '', reason: 'r' }),
        () => store.set({ a: 1 }, { author: 'a', reason: '' }),
        () => store.set({ a: {} as never }, who),
        () => store.set({ ['k'.repeat(70_000)]: '1' }, who),
        () => store.set({ a: '\uD800' }, who),
        () => store.delete(7 as never, who),
        () => store.history('a', 0),
      ];
      for (const act of bad) await expect(act()).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
      expect(await rig.client().dbsize()).toBe(0);
    });

    test(`${kind}: the history is cut at its length, and readers go on`, { timeout: 30_000 }, async () => {
      const store = open({ historyLength: 50 });
      for (let at = 0; at < 300; at++) await put(`key-${at}`, 'by somebody else');
      const { version } = await store.set({ other: 1 }, who);
      const reader = await rig.follow(open({ every: 50 }));
      for (let round = 0; round < 5; round++) {
        await store.set(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key-${at}`, round])), who);
      }
      await until(() => reader.entries.size === 301 && [...reader.entries.values()].filter((value) => value === '4').length === 300);
      expect((await store.history(undefined, 10_000)).length).toBeLessThan(200);
      for (const expectedVersion of ['0-0', version]) {
        await expect(store.set({ 'key-1': 1 }, { ...who, expectedVersion })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
      }
      const long = await open().history('key-299', 3);
      expect(long[0]).toMatchObject({ after: '4', before: '3' });
    });

    test(`${kind}: the history that somebody deletes begins anew, and readers see what follows`, async () => {
      const store = open();
      const reader = await rig.follow(open({ every: 50 }));
      await store.set({ a: 1 }, who);
      await until(() => reader.entries.get('a') === '1');
      await rig.client().del(kind === 'hash' ? 'config:history' : 'config::history');
      await store.set({ a: 2, b: 2 }, who);
      await until(() => reader.entries.get('a') === '2' && reader.entries.get('b') === '2');
      expect(await store.history()).toHaveLength(2);
      expect((await rig.follow(open())).last().version).toBe(reader.last().version);
    });

    test(`${kind}: a history whose last entry was deleted does not stop writers`, async () => {
      const store = open();
      const { version } = await store.set({ a: 1 }, who);
      await rig.client().xadd(kind === 'hash' ? 'config:history' : 'config::history', '99999999999999-0', 'key', 'future', 'bytes', '2', 'version', '99999999999999-0', 'author', 'x', 'reason', 'y', 'after', '1');
      const later = await store.set({ a: 2 }, who);
      expect(later.version > version).toBe(true);
      expect(await raw('a')).toBe('2');
    });
  }

  test('100,000 keys may be written as one', { timeout: 60_000 }, async () => {
    const store = redis({ url: server().url, hash: 'config', timeout: '30s' });
    const reader = await rig.follow(redis({ url: server().url, hash: 'config', timeout: '30s' }));
    const { version } = await store.set(Array.from({ length: 100_000 }, (_, at): [string, string] => [`key-${at}`, 'v'.repeat(80)]), who);
    await until(() => reader.entries.size === 100_000);
    expect(reader.readings).toHaveLength(2);
    expect(reader.last().version).toBe(version);
  });

  test('a small write into a big hash does not hold the server for long', { timeout: 60_000 }, async () => {
    await fill(rig.client(), 'config', 80_000);
    const store = redis({ url: server().url, hash: 'config' });
    await store.set({ 'gateway.limit': 0 }, who);
    await rig.client().config('SET', 'slowlog-log-slower-than', '20000');
    await rig.client().slowlog('RESET');
    for (let round = 1; round <= 10; round++) await store.set({ 'gateway.limit': round }, who);
    const slow = (await rig.client().slowlog('GET', 100)) as [number, number, number, string[]][];
    expect(slow.map(([, , , command]) => command[0]).filter((name) => /eval/i.test(name!))).toEqual([]);
  });

  test('the maker of a write can wait for a reader to have it', async () => {
    const store = redis({ url: server().url, hash: 'config' });
    const { config } = rig.config(store);
    await config.ready();
    const { version } = await store.set({ limit: 5 }, who);
    await until(() => config.health().layers[0]!.version === version);
    expect(config.get('limit')).toBe('5');
  });
});
