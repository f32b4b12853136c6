import { describe, expect, it } from 'vitest';

import type { FullReading, Reading } from '../../src/core/model.js';
import { once, polled, pushed, type Emit, type Fail } from '../../src/sources/lift.js';
import { follow, plain, thrownBy, until } from './following.js';

describe('once', () => {
  it('gives what is loaded as one full reading', async () => {
    const reader = follow(once('build', () => Promise.resolve({ number: 7, branch: 'main' })));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ number: '7', branch: 'main' });
    await reader.stop();
  });

  it('passes a reading through as it is', async () => {
    const reading: Reading = { kind: 'full', entries: new Map([['kind', 'x']]), version: '1' };
    const reader = follow(once('build', () => reading));
    await until(() => reader.readings.length === 1);
    expect(reader.readings[0]).toBe(reading);
    await reader.stop();
  });

  it('takes an object that merely has a key called kind as entries', async () => {
    const reader = follow(once('build', () => ({ kind: 'full', entries: 'x' })));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ kind: 'full', entries: 'x' });
    await reader.stop();
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'build: expected an object, a Map or pairs of key and value, found undefined'],
    ['a null value', { a: null }, 'build: "a": expected a string, number, boolean or bigint, found null'],
  ])('throws when %s is loaded', async (_, loaded, message) => {
    const reader = follow(once('build', () => loaded as Record<string, string>));
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_READING', message });
  });
});

describe('polled', () => {
  it('loads again and again, and lends the previous reading', async () => {
    let count = 0;
    const lent: unknown[] = [];
    const source = polled('clock', (_, previous) => {
      lent.push(previous);
      return { count: ++count };
    }, { everyMs: 1 });
    const reader = follow(source);
    await until(() => reader.readings.length >= 3);
    await reader.stop();
    expect(lent.slice(0, 3)).toEqual([undefined, reader.readings[0], reader.readings[1]]);
    expect(plain((reader.readings[2] as FullReading).entries as Map<string, string>)).toEqual({ count: '3' });
  });

  it('is silent when the previous reading is given back', async () => {
    let calls = 0;
    const reader = follow(polled('same', (_, previous) => {
      calls++;
      return previous ?? { a: 1 };
    }, { everyMs: 1 }));
    await until(() => calls >= 4);
    await reader.stop();
    expect(reader.readings).toHaveLength(1);
  });

  it('throws what loading throws', async () => {
    const outage = new Error('connection refused');
    const reader = follow(polled('remote', () => Promise.reject(outage)));
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toBe(outage);
  });

  it('ends without an error when it is aborted while loading or pausing', async () => {
    const hanging = follow(polled('slow', (signal) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    })));
    await hanging.stop();
    expect(hanging.thrown()).toBeUndefined();
    const pausing = follow(polled('slow', () => ({ a: 1 }), { everyMs: 100_000 }));
    await until(() => pausing.readings.length === 1);
    await pausing.stop();
    expect(pausing.thrown()).toBeUndefined();
  });
});

describe('pushed', () => {
  it('gives what is emitted and unsubscribes at the end', async () => {
    let emit: Emit | undefined;
    let unsubscribed = 0;
    const reader = follow(pushed('bus', (given) => {
      emit = given;
      given({ a: 1 });
      return () => unsubscribed++;
    }));
    await until(() => reader.readings.length === 1);
    emit?.({ kind: 'patch', set: new Map([['b', '2']]), remove: new Set(['a']) });
    await until(() => reader.entries.has('b'));
    expect(plain(reader.entries)).toEqual({ b: '2' });
    await reader.stop();
    expect(unsubscribed).toBe(1);
  });

  it('merges what arrives faster than it is read', async () => {
    const source = pushed('bus', (emit) => {
      emit({ a: 1, b: 1 });
      emit({ kind: 'patch', set: new Map([['a', '2']]), remove: new Set(['b']), version: '9' });
      return undefined;
    });
    const reader = follow(source);
    await until(() => reader.readings.length === 1);
    expect(reader.readings).toEqual([{ kind: 'full', entries: new Map([['a', '2']]), version: '9' }]);
    await reader.stop();
  });

  it('throws what it is told to fail with, and unsubscribes', async () => {
    const lost = new Error('session expired');
    let fail: Fail | undefined;
    let unsubscribed = 0;
    const reader = follow(pushed('bus', (emit, given) => {
      fail = given;
      emit({ a: 1 });
      return Promise.resolve(() => unsubscribed++);
    }));
    await until(() => reader.readings.length === 1);
    fail?.(lost);
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toBe(lost);
    expect(unsubscribed).toBe(1);
  });

  it('refuses to emit what is no reading', async () => {
    const reader = follow(pushed('bus', (emit) => {
      emit(null as never);
      return undefined;
    }));
    await until(() => reader.thrown() !== undefined);
    expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_READING' });
  });
});

describe('lifters', () => {
  const load = () => ({});
  it.each<[() => unknown, string]>([
    [() => once('', load), 'once(name): expected a non-empty string, found an empty string'],
    [() => once('a', {} as never), 'once(load): expected a function, found an object (Object)'],
    [() => polled(1 as never, load), 'polled(name): expected a non-empty string, found a number'],
    [() => polled('a', load, { everyMs: -1 }), 'polled({ everyMs }): expected a number of milliseconds from 0 to 2147483647, found a number'],
    [() => polled('a', load, { everyMs: '5s' as never }), 'polled({ everyMs }): expected a number of milliseconds from 0 to 2147483647, found a string'],
    [() => polled('a', load, { every: 5 } as never), 'polled(options): expected everyMs, found "every"'],
    [() => pushed('a', undefined as never), 'pushed(subscribe): expected a function, found undefined'],
  ])('refuse bad input: %s', (act, message) => {
    expect(thrownBy(act)).toEqual({ code: 'CALUMMA_OPTION', message });
  });
});
