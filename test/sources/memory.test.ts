import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Reading } from '../../src/core/model.js';
import { memory } from '../../src/sources/memory.js';
import { follow, plain, thrownBy, until } from './following.js';

describe('memory', () => {
  it('publishes what is set before set returns', () => {
    const feed = memory({ a: 1 });
    const seen: Reading[] = [];
    feed.attach((reading) => seen.push(reading));
    feed.set('a', 2);
    expect(seen).toMatchObject([{ kind: 'patch', set: new Map([['a', '2']]), remove: new Set() }]);
    expect(feed.delete('a')).toBe(true);
    expect(seen[1]).toMatchObject({ set: new Map(), remove: new Set(['a']) });
    expect(plain(feed.readNow().entries)).toEqual({});
  });

  it('publishes nothing for what is there already', () => {
    const feed = memory({ a: 1, b: 2 });
    const seen: Reading[] = [];
    feed.attach((reading) => seen.push(reading));
    feed.set('a', '1');
    feed.replace({ b: '2', a: '1' });
    expect(feed.delete('c')).toBe(false);
    expect(seen).toEqual([]);
  });

  it('replaces everything as one change', () => {
    const feed = memory({ a: 1, b: 2, c: 3 });
    const seen: Reading[] = [];
    feed.attach((reading) => seen.push(reading));
    feed.replace({ b: 2, c: 4, d: 5 });
    expect(seen).toMatchObject([{ set: new Map([['c', '4'], ['d', '5']]), remove: new Set(['a']) }]);
  });

  it('leaves a reading it gave as it was', () => {
    const feed = memory({ a: 1 });
    const { entries } = feed.readNow();
    feed.set('a', 2);
    expect(plain(entries)).toEqual({ a: '1' });
  });

  it('is silent once detached', () => {
    const feed = memory();
    let calls = 0;
    const detach = feed.attach(() => calls++);
    const detachOther = feed.attach(() => calls++);
    detach();
    feed.set('a', 1);
    expect(calls).toBe(1);
    detachOther();
  });

  it('tells every listener the same order when one of them writes again', () => {
    const feed = memory();
    const order: string[] = [];
    feed.attach((reading) => {
      if (reading.kind === 'patch' && reading.set.get('a') === '1') feed.set('a', '2');
    });
    feed.attach((reading) => reading.kind === 'patch' && order.push(reading.set.get('a') ?? ''));
    feed.set('a', '1');
    expect(order).toEqual(['1', '2']);
  });

  it('gives each reader the state first and then what changes', async () => {
    const feed = memory({ a: 1 }, { name: 'feed' });
    const first = follow(feed);
    await until(() => first.readings.length === 1);
    feed.set('b', 2);
    const second = follow(feed);
    await until(() => second.readings.length === 1 && first.entries.size === 2);
    expect(plain(second.entries)).toEqual({ a: '1', b: '2' });
    feed.delete('a');
    await until(() => !first.entries.has('a') && !second.entries.has('a'));
    expect(first.last().locate?.('b')).toBe('feed:b');
    await Promise.all([first.stop(), second.stop()]);
  });

  it('gives a slow reader one merged reading', async () => {
    const feed = memory({ a: 0 });
    const abort = new AbortController();
    const readings = feed.readings(abort.signal)[Symbol.asyncIterator]();
    await readings.next();
    const next = readings.next();
    for (let i = 1; i <= 100; i++) feed.set('a', i);
    const arrived: Reading[] = [(await next).value as Reading];
    for (; !isLast(arrived.at(-1)!); ) arrived.push((await readings.next()).value as Reading);
    expect(arrived.length).toBeLessThanOrEqual(2);
    abort.abort();
    expect((await readings.next()).done).toBe(true);
  });

  it('ends a reader in the state that was written, whatever was written', async () => {
    const write = fc.record({ key: fc.constantFrom('a', 'b', '__proto__'), value: fc.option(fc.constantFrom('1', '2')) });
    await fc.assert(
      fc.asyncProperty(fc.array(write), fc.array(fc.nat(3)), async (writes, pauses) => {
        const feed = memory();
        const reader = follow(feed);
        for (const [at, { key, value }] of writes.entries()) {
          if (value === null) feed.delete(key);
          else feed.set(key, value);
          for (let turn = 0; turn < (pauses[at] ?? 0); turn++) await Promise.resolve();
        }
        const wanted = feed.readNow().entries;
        await until(() => reader.readings.length > 0 && JSON.stringify([...reader.entries].sort()) === JSON.stringify([...wanted].sort()));
        await reader.stop();
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, (feed: ReturnType<typeof memory>) => unknown, string]>([
    ['a key that is no string', (feed) => feed.set(1 as never, 'x'), 'memory.set(key): expected a string, found a number'],
    ['undefined', (feed) => feed.set('a', undefined as never), 'memory.set(key, value): "a": expected a string, number, boolean or bigint, found undefined'],
    ['null', (feed) => feed.set('a', null as never), 'memory.set(key, value): "a": expected a string, number, boolean or bigint, found null'],
    ['to delete no key', (feed) => feed.delete(undefined as never), 'memory.delete(key): expected a string, found undefined'],
    ['to be replaced by a text', (feed) => feed.replace('a=1' as never), 'memory.replace(record): expected an object, a Map or pairs of key and value, found a string'],
    ['to attach nothing', (feed) => feed.attach(undefined as never), 'memory.attach(emit): expected a function, found undefined'],
  ])('refuses %s, and stays as it was', (_, act, message) => {
    const feed = memory({ a: 1 });
    expect(thrownBy(() => act(feed))).toEqual({ code: 'CALUMMA_OPTION', message });
    expect(plain(feed.readNow().entries)).toEqual({ a: '1' });
  });

  it('refuses options it does not know', () => {
    expect(thrownBy(() => memory({}, { nmae: 'x' } as object)).message).toBe('memory(options): expected name, found "nmae"');
  });
});

function isLast(reading: Reading): boolean {
  return reading.kind === 'patch' && reading.set.get('a') === '100';
}
