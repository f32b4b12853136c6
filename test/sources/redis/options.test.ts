import { Cluster, Redis } from 'ioredis';
import { expect, test } from 'vitest';

import { redis } from '../../../src/sources/redis/index.js';
import { thrownBy } from '../following.js';

const client = new Redis({ lazyConnect: true });

/** What is wrong, and how the message begins to say so. */
const wrong: readonly [options: unknown, message: RegExp][] = [
  [undefined, /^redis\(options\): expected an object/],
  ['redis://localhost', /^redis\(options\): expected an object/],
  [{}, /^redis\(options\): expected either hash or prefix, found neither/],
  [{ hash: 'a', prefix: 'b' }, /expected either hash or prefix, found both/],
  [{ hash: '' }, /^redis\(\{ hash \}\): expected a non-empty string/],
  [{ prefix: '' }, /^redis\(\{ prefix \}\): expected a non-empty string/],
  [{ hash: 7 }, /^redis\(\{ hash \}\)/],
  [{ hash: 'a', history: 'a' }, /^redis\(\{ history \}\): expected another name/],
  [{ hash: 'a', historyLength: 0 }, /^redis\(\{ historyLength \}\)/],
  [{ hash: 'a', evry: 5 }, /^redis\(options\): expected .* found "evry"/],
  [{ hash: 'a', every: '5 parsecs' }, /^redis\(\{ every \}\)/],
  [{ hash: 'a', reconcile: -1 }, /^redis\(\{ reconcile \}\)/],
  [{ hash: 'a', timeout: 0 }, /^redis\(\{ timeout \}\)/],
  [{ hash: 'a', name: '' }, /^redis\(\{ name \}\)/],
  [{ hash: 'a', notifications: true }, /^redis\(\{ notifications \}\): expected "auto", "keyspace" or false/],
  [{ hash: 'a', url: 'http://:geheim@h' }, /^redis\(\{ url \}\): .* found http:\/\/$/],
  [{ hash: 'a', url: 'redis://:geheim#x@h' }, /^redis\(\{ url \}\)/],
  [{ hash: 'a', url: 'redis://:geheim%@h' }, /^redis\(\{ url \}\): .*written as %25/],
  [{ hash: 'a', url: 'redis://:geheim@h/zero' }, /^redis\(\{ url \}\): .* found no number as database/],
  [{ hash: 'a', url: 'redis://:geheim@h/0?family=6' }, /^redis\(\{ url \}\): .* found something behind/],
  [{ hash: 'a', url: 'redis://h', host: 'h' }, /either url or host, found both/],
  [{ hash: 'a', url: 'redis://h', client }, /either client or url, found both/],
  [{ hash: 'a', port: 70_000 }, /^redis\(\{ port \}\)/],
  [{ hash: 'a', db: -1 }, /^redis\(\{ db \}\)/],
  [{ hash: 'a', password: 7 }, /^redis\(\{ password \}\)/],
  [{ hash: 'a', tls: true }, /^redis\(\{ tls \}\)/],
  [{ hash: 'a', client: {} }, /^redis\(\{ client \}\): expected a Redis of ioredis/],
  [{ hash: 'a', client: null }, /^redis\(\{ client \}\): expected a Redis of ioredis/],
  [{ hash: 'a', client: new Cluster(['h'], { lazyConnect: true }) }, /found a Cluster, which is not supported/],
];

for (const [at, [options, message]] of wrong.entries()) {
  test(`refused: ${at} ${message.source}`, () => {
    const thrown = thrownBy(() => redis(options as never));
    expect(thrown.code).toBe('CALUMMA_OPTION');
    expect(thrown.message).toMatch(message);
    expect(thrown.message).not.toContain('geheim');
  });
}

test('taken', () => {
  const good = [
    { url: 'redis://user:p%40ss@h:6380/3', hash: 'a' },
    { url: 'rediss://h', prefix: 'a:' },
    { url: 'redis://[::1]:6379', hash: 'a' },
    { host: 'h', port: 1, username: 'u', password: 'p', db: 1, tls: {}, hash: 'a', name: 'n', every: '1s', reconcile: 1_000, timeout: '1s' },
    { path: '/run/redis.sock', hash: 'a' },
    { client, hash: 'a', notifications: false },
  ] as const;
  for (const options of good) expect(redis(options).name).toBe('name' in options ? 'n' : 'redis');
});
