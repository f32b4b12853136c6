import type { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';

import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { until } from '../following.js';
import { fill, useRig, who } from './rig.js';

type Kind = 'hash' | 'prefix';

interface Stage {
  readonly admin: Redis;
  readonly kind: Kind;
  /** The key of Redis that holds the property `limit`, or all of them. */
  readonly key: string;
  readonly put: (key: string | Buffer, value: string | Buffer) => Promise<unknown>;
  readonly drop: (key: string | Buffer) => Promise<unknown>;
}

interface Row {
  readonly title: string;
  readonly kinds?: readonly Kind[];
  readonly options?: Partial<RedisOptions>;
  readonly spoil: (stage: Stage) => Promise<unknown>;
  readonly repair: (stage: Stage) => Promise<unknown>;
  readonly code?: string;
  readonly message: RegExp;
}

const binary = Buffer.from([0x67, 0xff, 0x68]);
const longKey = 'k'.repeat(100_000);

const rows: readonly Row[] = [
  {
    title: 'a key of another type in the place of the hash',
    kinds: ['hash'],
    spoil: ({ admin }) => admin.multi().rename('config', 'aside').set('config', 'text').exec(),
    repair: ({ admin }) => admin.rename('aside', 'config'),
    message: /^layer: hash "config": expected a hash .*found "WRONGTYPE.*rename or delete the key/,
  },
  {
    title: 'a list in the place of a string',
    kinds: ['prefix'],
    spoil: ({ admin }) => admin.multi().del('config:limit').rpush('config:limit', 'a', 'b').exec(),
    repair: ({ admin }) => admin.multi().del('config:limit').set('config:limit', '1').exec(),
    message: /^layer: prefix "config:": expected strings, found a list at "config:limit": delete or rename it/,
  },
  {
    title: 'a binary value',
    spoil: ({ put }) => put('image', Buffer.from([0xff, 0xd8, 0xff, 0xe0])),
    repair: ({ drop }) => drop('image'),
    message: /^layer: (hash|prefix) .*: "image": expected a value that is text, found 4 bytes that are no UTF-8$/,
  },
  {
    title: 'a binary key',
    spoil: ({ put }) => put(binary, 'value'),
    repair: ({ drop }) => drop(binary),
    message: /^layer: (hash|prefix) .*: expected keys that are text, found \d+ bytes that are no UTF-8$/,
  },
  {
    title: 'a key of 100 kB',
    spoil: ({ put }) => put(longKey, 'value'),
    repair: ({ drop }) => drop(longKey),
    message: /^layer: .*: expected keys of at most 65535 bytes, found 10000\d/,
  },
  {
    title: '11 MB',
    spoil: async ({ put }) => {
      for (let at = 0; at < 11; at++) await put(`big-${at}`, 'x'.repeat(1024 * 1024));
    },
    repair: async ({ drop }) => {
      for (let at = 0; at < 11; at++) await drop(`big-${at}`);
    },
    code: 'CALUMMA_TOO_LARGE',
    message: /^layer: expected at most 10485760 bytes/,
  },
  {
    title: '20 MB, of which no more is read than it takes to know',
    spoil: async ({ put }) => {
      for (let at = 0; at < 20; at++) await put(`big-${at}`, 'x'.repeat(1024 * 1024));
    },
    repair: async ({ drop }) => {
      for (let at = 0; at < 20; at++) await drop(`big-${at}`);
    },
    code: 'CALUMMA_TOO_LARGE',
    message: /^layer: expected at most 10485760 bytes/,
  },
  {
    title: 'a password that was changed',
    spoil: async ({ admin }) => {
      await admin.config('SET', 'requirepass', 'geheim');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
    repair: ({ admin }) => admin.config('SET', 'requirepass', ''),
    message: /^layer: .*expected to be let in, found "NOAUTH.*: give the password/,
  },
  {
    title: 'rights that were withdrawn',
    options: { username: 'ann', password: 'p' },
    spoil: ({ admin }) => admin.call('ACL', 'SETUSER', 'ann', '-@read'),
    repair: ({ admin }) => admin.call('ACL', 'SETUSER', 'ann', '+@all'),
    message: /^layer: .*expected the right to do this, found "NOPERM.*grant it: `ACL SETUSER/,
  },
  {
    title: 'a user that was removed',
    options: { username: 'ann', password: 'p' },
    spoil: ({ admin }) => admin.call('ACL', 'DELUSER', 'ann'),
    repair: ({ admin }) => admin.call('ACL', 'SETUSER', 'ann', 'reset', 'on', '>p', '~*', '&*', '+@all'),
    message: /^layer: 127.*expected to be let in, found "WRONGPASS.*check `username` and `password`/,
  },
  {
    title: 'a server that was told to pause its clients',
    spoil: ({ admin }) => admin.call('CLIENT', 'PAUSE', '4000', 'ALL'),
    repair: ({ admin }) => admin.ping(),
    message: /^layer.*: expected a word of Redis at 127\.0\.0\.1:\d+ within \d+ ms, found none$/,
  },
  {
    title: 'a history that is none',
    spoil: async ({ admin, key, kind }) => {
      await admin.set(kind === 'hash' ? 'config:history' : 'config::history', 'text');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      return key;
    },
    repair: ({ admin, kind }) => admin.del(kind === 'hash' ? 'config:history' : 'config::history'),
    message: /^layer: history "config::?history": expected .* a stream as history, found "WRONGTYPE/,
  },
];

describeWith('redis', 'what can be wrong in Redis', () => {
  const server = useServer(() => startRedis());
  const rig = useRig(server);
  afterEach(async () => {
    await rig.client().config('SET', 'requirepass', '');
  });

  function stageOf(kind: Kind): Stage {
    const admin = rig.client();
    const named = (key: string | Buffer) => Buffer.concat([Buffer.from('config:'), Buffer.from(key)]);
    return kind === 'hash'
      ? { kind, admin, key: 'config', put: (key, value) => admin.hset('config', key, value), drop: (key) => admin.hdel('config', key) }
      : { kind, admin, key: 'config:limit', put: (key, value) => admin.set(named(key), value), drop: (key) => admin.del(named(key)) };
  }

  for (const { title, kinds = ['hash', 'prefix'] as const, options, spoil, repair, code = 'CALUMMA_SOURCE', message } of rows) {
    for (const kind of kinds) {
      test(`${kind}: ${title}`, { timeout: 40_000 }, async () => {
        const stage = stageOf(kind);
        await stage.admin.call('ACL', 'SETUSER', 'ann', 'reset', 'on', '>p', '~*', '&*', '+@all');
        await stage.put('limit', '1');
        const shape = kind === 'hash' ? { hash: 'config' } : { prefix: 'config:' };
        const source = redis({ host: '127.0.0.1', port: server().port, name: 'layer', every: 50, timeout: 1_000, ...shape, ...options });
        const { config, errors } = rig.config(source);
        await config.ready();
        const state = (): string => config.health().layers[0]!.state;

        await spoil(stage);
        const told = () => errors.filter((error) => error.code === code && message.test(error.message));
        await until(() => told().length > 0 && state() === 'stale', () => [state(), errors.map(String)]);
        expect(config.get('limit')).toBe('1');
        // It goes on failing, and says so once.
        await config.refresh();
        expect(new Set(told().map((error) => error.message)).size).toBe(told().length);
        for (const error of errors) expect(error.message).not.toContain('geheim');

        await repair(stage);
        await stage.put('limit', '2');
        await until(() => state() === 'live' && config.get('limit') === '2', () => [state(), config.get('limit'), errors.map(String)]);
      });
    }
  }

  test('a hash that is not there is an empty layer, and no error', async () => {
    const { config, errors } = rig.config(redis({ url: server().url, hash: 'config' }));
    await config.ready();
    expect(config.health().layers[0]).toMatchObject({ state: 'live', keys: 0 });
    await rig.client().hset('config', 'limit', '1');
    await until(() => config.get('limit') === '1');
    expect(errors).toEqual([]);
  });

  test('a hash that is deleted, and put back', { timeout: 20_000 }, async () => {
    await fill(rig.client(), 'config', 20);
    const { config, errors } = rig.config(redis({ url: server().url, hash: 'config', name: 'layer' }));
    await config.ready();
    await rig.client().del('config');
    await until(() => errors.some(({ code, message }) => code === 'CALUMMA_MASS_REMOVAL' && message.includes('layer')), () => errors.map(String));
    expect(config.get('gateway.routes.route-7.limit')).toBeDefined();
    await fill(rig.client(), 'config', 20);
    await rig.client().hset('config', 'limit', '1');
    await until(() => config.get('limit') === '1' && config.health().layers[0]!.state === 'live');
    expect(config.get('gateway.routes.route-7.limit')).toBeDefined();
  });

  test('a write that finds no room changes nothing', async () => {
    const store = redis({ url: server().url, hash: 'config' });
    await store.set({ a: 1 }, who);
    await rig.client().config('SET', 'maxmemory', '1mb');
    try {
      await expect(store.set({ a: 2, b: 2 }, who)).rejects.toThrow(/redis: writing hash "config": expected room for the write, found ".*OOM.*: free memory, or raise `maxmemory`/);
    } finally {
      await rig.client().config('SET', 'maxmemory', '0');
    }
    expect(await rig.client().hgetall('config')).toEqual({ a: '1' });
    expect(await store.history()).toHaveLength(1);
  });

  test('a write to a key of another type changes nothing', async () => {
    const store = redis({ url: server().url, prefix: 'config:' });
    await store.set({ a: 1 }, who);
    await rig.client().rpush('config:b', 'x');
    await expect(store.set({ a: 2, b: 2 }, who)).rejects.toThrow(/WRONGTYPE|expected strings, found a list at "config:b"/);
    expect(await rig.client().get('config:a')).toBe('1');
    expect(await rig.client().lrange('config:b', 0, -1)).toEqual(['x']);
  });

  test('a write where the history is none changes nothing', async () => {
    await rig.client().set('config:history', 'text');
    await expect(redis({ url: server().url, hash: 'config' }).set({ a: 1 }, who)).rejects.toThrow(/history "config:history": expected .*WRONGTYPE/);
    expect(await rig.client().exists('config')).toBe(0);
  });

  test('a write to a replica says so', { timeout: 30_000 }, async () => {
    const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${server().port}` } });
    try {
      const reader = await rig.follow(redis({ url: replica.url, hash: 'config' }));
      await rig.client().hset('config', 'a', '1');
      await until(() => reader.entries.get('a') === '1');
      await expect(redis({ url: replica.url, hash: 'config' }).set({ a: 2 }, who)).rejects.toThrow(/expected a primary, found ".*READONLY.*: this is a replica: write to the primary/);
    } finally {
      await replica.stop();
    }
  });
});
