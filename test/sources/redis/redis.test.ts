import { expect, test } from 'vitest';

import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { plain, until } from '../following.js';
import { useRig, who } from './rig.js';

const awkward: Record<string, string> = {
  __proto__x: 'p',
  constructor: 'c',
  '': 'no name',
  ' spaces ': ' kept ',
  'emoji 😀': '🦎',
  'new\nline': 'two\nlines',
  'star*[a]?\\': 'glob',
  empty: '',
  replacement: 'a real \uFFFD',
  ['k'.repeat(10_000)]: 'long',
};

const hearings = ['auto', 'keyspace', false] as const;
const shapes: readonly Pick<RedisOptions, 'hash' | 'prefix'>[] = [{ hash: 'config' }, { prefix: 'con*fig:' }];

describeWith('redis', 'redis()', () => {
  const server = useServer(() => startRedis({ keyspaceEvents: 'KEA' }));
  const rig = useRig(server);

  for (const shape of shapes) {
    const kind = 'hash' in shape ? 'hash' : 'prefix';
    const put = (key: string, value: string) => (kind === 'hash' ? rig.client().hset('config', key, value) : rig.client().set(`con*fig:${key}`, value));
    const drop = (key: string) => (kind === 'hash' ? rig.client().hdel('config', key) : rig.client().del(`con*fig:${key}`));

    for (const notifications of hearings) {
      const options: RedisOptions = { ...shape, notifications, every: 50 };
      const open = () => redis({ url: server().url, ...options });

      test(`${kind}, notifications ${notifications}: the first reading is complete, and any string is a key`, async () => {
        for (const [key, value] of Object.entries(awkward)) await put(key, value);
        await rig.client().set('conXfig:other', 'not below the prefix');
        const reader = await rig.follow(open());
        expect(reader.last().kind).toBe('full');
        expect(plain(reader.entries)).toEqual(awkward);
      });

      test(`${kind}, notifications ${notifications}: what is set, changed and removed by others is followed`, async () => {
        const reader = await rig.follow(open());
        expect(reader.entries.size).toBe(0);
        await put('a', '1');
        await until(() => reader.entries.get('a') === '1');
        await put('a', '2');
        await put('b', '');
        await until(() => reader.entries.get('a') === '2' && reader.entries.get('b') === '');
        await drop('a');
        await until(() => !reader.entries.has('a'));
        expect(reader.readings.slice(1).every(({ kind: of }) => of === 'patch')).toBe(true);
        expect(plain(reader.entries)).toEqual({ b: '' });
      });

      test(`${kind}, notifications ${notifications}: a write of several keys arrives in one reading`, async () => {
        const store = open();
        const reader = await rig.follow(store);
        await store.set({ a: 1, b: 2 }, who);
        await until(() => reader.entries.size === 2);
        const { version } = await store.set({ a: 3, b: null, c: 4 }, who);
        await until(() => reader.last().version === version);
        expect(plain(reader.entries)).toEqual({ a: '3', c: '4' });
        expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '3'], ['c', '4']]), remove: new Set(['b']) });
        expect(Math.abs(Date.now() - (reader.last().writtenAt ?? 0))).toBeLessThan(60_000);
        expect(reader.readings).toHaveLength(3);
      });

      test(`${kind}, notifications ${notifications}: what is written in two ways at once is followed, too`, async () => {
        const store = open();
        const reader = await rig.follow(store);
        for (let round = 0; round < 20; round++) {
          await Promise.all([store.set({ own: round }, who), put('foreign', String(round))]);
        }
        await until(() => reader.entries.get('own') === '19' && reader.entries.get('foreign') === '19', () => [plain(reader.entries), String(reader.thrown())]);
      });
    }
  }

  test('origins name the place in Redis', async () => {
    await rig.client().hset('config', 'a', '1');
    await rig.client().set('config:a', '1');
    expect((await rig.follow(redis({ url: server().url, hash: 'config' }))).last().locate?.('a')).toBe('redis:config:a');
    expect((await rig.follow(redis({ url: server().url, prefix: 'config:' }))).last().locate?.('a')).toBe('redis:config:a');
  });
});
