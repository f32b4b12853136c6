import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';

import { createConfig, type ConfigError } from '../../../src/index.js';
import { database, type DatabaseOptions } from '../../../src/sources/database/index.js';
import { follow, hostFor, plain, thrownBy, until } from '../following.js';

/** A store in this process that tells of its changes. */
class Store extends EventEmitter {
  readonly rows = new Map<string, unknown>();
  reads = 0;

  set(key: string, value: unknown): void {
    this.rows.set(key, value);
    this.emit('changed');
  }

  readonly load = (): Map<string, unknown> => {
    this.reads += 1;
    return new Map(this.rows);
  };

  readonly subscribe: NonNullable<DatabaseOptions['subscribe']> = ({ changed, lost }) => {
    this.on('changed', changed).on('lost', lost);
    return () => this.off('changed', changed).off('lost', lost);
  };
}

test('what a store rings for is published at once, as what has changed', async () => {
  const store = new Store();
  store.set('gateway.limit', 100);
  const config = await createConfig({ layers: [database({ load: store.load, subscribe: store.subscribe, every: '1h' })] }).ready();
  const limit = config.getIntProperty('gateway.limit', 1);
  expect([limit.get(), limit.origin]).toEqual([100, 'database:gateway.limit']);
  const changes: string[][] = [];
  config.on('change', (set) => changes.push(set.changes.map(({ key }) => key)));
  store.set('gateway.timeout', '5s');
  await until(() => changes.length > 0);
  expect(changes).toEqual([['gateway.timeout']]);
  await config.close();
  expect(store.listenerCount('changed')).toBe(0);
});

test('without a subscription it is looked at again and again', async () => {
  const store = new Store();
  store.set('a', '1');
  store.set('b', '1');
  const reader = follow(database({ load: store.load, every: 20 }));
  await until(() => reader.readings.length > 0);
  store.rows.set('a', '2');
  store.rows.delete('b');
  await until(() => reader.readings.length > 1);
  expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]), remove: new Set(['b']) });
  await reader.stop();
});

test('a look without news confirms what is held', async () => {
  const store = new Store();
  store.set('a', '1');
  const confirm = vi.fn();
  const told = hostFor();
  const reader = follow(database({ load: store.load, every: 20 }), { ...told, host: { ...told.host, confirm } });
  await until(() => confirm.mock.calls.length > 2);
  expect(reader.readings).toHaveLength(1);
  await reader.stop();
});

test('an object, a Map, pairs, a cursor and a reading are all fine', async () => {
  const shapes: DatabaseOptions['load'][] = [
    () => ({ a: 1, nothing: null }),
    () => new Map([['a', true]]),
    () => [['a', 10n], ['nothing', undefined]],
    async function* (): AsyncGenerator<readonly [string, unknown]> {
      yield await Promise.resolve(['a', Buffer.from('ä')] as const);
      yield ['at', new Date(0)];
    },
    () => Promise.resolve({ kind: 'full', entries: new Map([['a', 'x']]), version: '7', locate: (key) => `shop:${key}` }),
  ];
  const seen: unknown[] = [];
  for (const load of shapes) {
    const reader = follow(database({ load }));
    await until(() => reader.readings.length > 0);
    seen.push([plain(reader.entries), reader.last().version, reader.last().locate?.('a')]);
    await reader.stop();
  }
  expect(seen).toEqual([
    [{ a: '1' }, undefined, 'database:a'],
    [{ a: 'true' }, undefined, 'database:a'],
    [{ a: '10' }, undefined, 'database:a'],
    [{ a: 'ä', at: '1970-01-01T00:00:00.000Z' }, undefined, 'database:a'],
    [{ a: 'x' }, '7', 'shop:a'],
  ]);
});

test('load may say that nothing is new, or what is', async () => {
  let step = 0;
  const reader = follow(
    database({
      every: 10,
      load: (_signal, previous) => {
        step += 1;
        if (step === 1) return { kind: 'full', entries: new Map([['a', '1'], ['b', '1']]), version: '1' };
        if (step === 3) return { kind: 'patch', set: new Map([['a', '2'], ['c', '1']]), remove: new Set(['b', 'never']), version: '3' };
        if (step === 5) return { a: '2', c: '2' };
        return previous ?? {};
      },
    }),
  );
  await until(() => step > 7);
  expect(reader.readings).toMatchObject([
    { kind: 'full', version: '1' },
    { kind: 'patch', set: new Map([['a', '2'], ['c', '1']]), remove: new Set(['b']), version: '3' },
    { kind: 'patch', set: new Map([['c', '2']]), remove: new Set() },
  ]);
  await reader.stop();
});

test('a subscription that is lost is reported and made again, with what was missed', async () => {
  const store = new Store();
  store.set('a', '1');
  const errors: ConfigError[] = [];
  const config = await createConfig({
    layers: [database({ name: 'shop', load: store.load, subscribe: store.subscribe, every: '1h' })],
    onError: (error) => errors.push(error),
  }).ready();
  store.rows.set('a', '2');
  store.emit('lost', new Error('gone'));
  await until(() => config.get('a') === '2');
  expect(errors).toMatchObject([{ code: 'CALUMMA_SOURCE', message: expect.stringContaining('shop: expected the subscription to succeed, found that it failed (gone)') as string }]);
  expect(store.listenerCount('changed')).toBe(1);
  await config.close();
});

test('many rings while it is read are one more look', async () => {
  const store = new Store();
  store.set('a', '0');
  const reader = follow(database({ load: store.load, subscribe: store.subscribe, every: '1h' }));
  await until(() => reader.readings.length > 0);
  for (let i = 1; i <= 1_000; i += 1) store.set('a', i);
  await until(() => reader.entries.get('a') === '1000');
  expect(store.reads).toBeLessThan(5);
  await reader.stop();
});

const unusable: readonly (readonly [title: string, load: () => unknown, code: string, message: string])[] = [
  ['nothing', () => undefined, 'CALUMMA_READING', 'database: load(): expected an object, a Map or pairs of key and value, found undefined'],
  ['a text', () => 'a=1', 'CALUMMA_READING', 'expected an object, a Map or pairs of key and value, found a string'],
  ['a Date', () => new Date(), 'CALUMMA_READING', 'found an object (Date)'],
  ['rows as objects', () => [{ key: 'a', value: '1' }], 'CALUMMA_READING', 'expected pairs of key and value, found an object (Object)'],
  ['a NULL key', () => [[null, '1']], 'CALUMMA_SOURCE', 'expected a key in each row, found NULL'],
  ['a key of 100 kB', () => [['k'.repeat(100_000), '1']], 'CALUMMA_SOURCE', 'expected keys of at most 65535 bytes, found 100000'],
  ['a key twice', () => [['a', '1'], ['a', '2']], 'CALUMMA_SOURCE', 'expected each key once, found "a" more than once'],
  ['a value that is an object', () => ({ a: { b: 1 } }), 'CALUMMA_SOURCE', '"a": expected a value that is text, found an object (Object)'],
  ['binary', () => ({ a: Buffer.from([0xc3, 0x28]) }), 'CALUMMA_SOURCE', '"a": expected a value that is text, found 2 bytes that are no UTF-8'],
  ['14 MB', () => Array.from({ length: 14 }, (_, i) => [`k${i}`, 'x'.repeat(1_000_000)]), 'CALUMMA_TOO_LARGE', 'expected at most 10485760 bytes of keys and values'],
  ['a patch at first', () => ({ kind: 'patch', set: new Map(), remove: new Set() }), 'CALUMMA_READING', 'expected everything at first, found a patch'],
  ['an error', () => Promise.reject(new Error('db://u:secret@h is down')), 'CALUMMA_SOURCE', 'database: expected load() to succeed, found that it failed (db://u:***@h is down)'],
  ['something thrown that is no error', () => Promise.reject(Object.create(null) as Error), 'CALUMMA_SOURCE', 'found that it failed (an object (Object))'],
];
test.each(unusable)('%s: refused as a whole, the last good kept, and recovered from', async (_title, load, code, message) => {
  let bad = false;
  const errors: ConfigError[] = [];
  const source = database({ load: () => (bad ? load() : { good: 'yes' }) as Record<string, string>, every: 10 });
  const config = await createConfig({ layers: [source], onError: (error) => errors.push(error) }).ready();
  bad = true;
  if (code === 'CALUMMA_READING' && message.includes('at first')) {
    const reader = follow(source);
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toMatchObject({ code, message: expect.stringContaining(message) as string });
    return config.close();
  }
  await until(() => config.health().layers[0]!.state === 'stale');
  expect(errors).toMatchObject([{ code, message: expect.stringContaining(message) as string }]);
  expect(config.get('good')).toBe('yes');
  bad = false;
  await until(() => config.health().layers[0]!.state === 'live');
  expect(errors).toHaveLength(1);
  await config.close();
});

test('a load that hangs has a deadline, and is told that nobody waits', async () => {
  const aborted: boolean[] = [];
  const reader = follow(
    database({
      timeout: 50,
      load: (signal) => new Promise(() => signal.addEventListener('abort', () => aborted.push(true))),
    }),
  );
  await until(() => reader.thrown() !== undefined);
  expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_SOURCE', message: 'database: load(): expected an answer within 50 ms, found none' });
  expect(aborted).toEqual([true]);
});

test('a cursor that takes too long is closed', async () => {
  let closed = false;
  const reader = follow(
    database({
      timeout: 50,
      async *load(): AsyncGenerator<readonly [string, string]> {
        try {
          for (let i = 0; ; i += 1) {
            await sleep(5);
            yield [`key.${i}`, 'x'];
          }
        } finally {
          closed = true;
        }
      },
    }),
  );
  await until(() => reader.thrown() !== undefined && closed);
  expect(reader.readings).toEqual([]);
});

test('a subscription that hangs has a deadline, and is ended when it is made after all', async () => {
  let made: ((unsubscribe: () => void) => void) | undefined;
  const ended = vi.fn();
  const reader = follow(database({ timeout: 50, load: () => ({}), subscribe: () => new Promise((resolve) => (made = resolve)) }));
  await until(() => reader.thrown() !== undefined);
  expect(reader.thrown()).toMatchObject({ message: 'database: subscribe(): expected an answer within 50 ms, found none' });
  made?.(ended);
  await until(() => ended.mock.calls.length === 1);
});

test('a subscription that fails is an error of the source', async () => {
  const reader = follow(
    database({
      load: () => ({}),
      subscribe: () => {
        throw new Error('no such channel');
      },
    }),
  );
  await until(() => reader.thrown() !== undefined);
  expect(reader.thrown()).toMatchObject({ message: 'database: expected subscribe() to succeed, found that it failed (no such channel)' });
});

test('leaving waits for nothing, and a failing unsubscribe harms nobody', async () => {
  const hanging = follow(database({ load: () => new Promise(() => undefined), subscribe: () => () => Promise.reject(new Error('cannot')) }));
  const subscribing = follow(database({ load: () => ({}), subscribe: () => new Promise(() => undefined) }));
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([hanging.stop(), subscribing.stop()]);
  expect([hanging.thrown(), subscribing.thrown()]).toEqual([undefined, undefined]);
});

const wrong: readonly (readonly [options: unknown, message: string])[] = [
  [undefined, 'database(options): expected an object with name, load, subscribe'],
  [{}, 'database({ load }): expected a function, found undefined'],
  [{ load: 1 }, 'database({ load }): expected a function, found a number'],
  [{ load: () => ({}), subscribe: {} }, 'database({ subscribe }): expected a function'],
  [{ load: () => ({}), name: '' }, 'database({ name }): expected a non-empty string'],
  [{ load: () => ({}), every: 'often' }, 'database({ every })'],
  [{ load: () => ({}), timeout: 'long' }, 'database({ timeout })'],
  [{ load: () => ({}), interval: 1 }, 'found "interval"'],
];
test.each(wrong)('options %j are refused', (options, message) => {
  expect(thrownBy(() => database(options as DatabaseOptions))).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining(message) as string });
});

test('100,000 entries are compared in slices', async () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => [`service.${i % 100}.setting.${i}`, 'v'.repeat(80)] as [string, string]);
  const reader = follow(database({ load: () => rows, every: 10, timeout: '60s' }));
  await until(() => reader.readings.length > 0);
  rows[5] = ['service.5.setting.5', 'changed'];
  await until(() => reader.readings.length > 1);
  expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['service.5.setting.5', 'changed']]), remove: new Set() });
  await reader.stop();
});
