import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';

import { SourceError } from '../../../src/core/errors.js';
import { type FullReading, type Reading, type Source, standaloneHost } from '../../../src/core/model.js';
import { isWritable, type Writable } from '../../../src/core/writable.js';
import { aborted } from '../../../src/sources/abort.js';
import { cached } from '../../../src/sources/cache/cached.js';
import { env } from '../../../src/sources/env.js';
import { memory } from '../../../src/sources/memory.js';
import { follow, plain, thrownBy } from '../following.js';
import { reading, recalled, remembering, scratch } from './rig.js';

/** Says these readings, and then breaks off or stays. */
function saying(readings: readonly Reading[], error?: Error): Source {
  return {
    name: 'store',
    async *readings(signal) {
      yield* readings;
      if (error !== undefined) throw error;
      await aborted(signal);
    },
  };
}

/** What somebody gets who iterates without a config. */
async function alone(source: Source, count: number): Promise<{ readings: Reading[]; thrown: unknown }> {
  const abort = new AbortController();
  const readings: Reading[] = [];
  let thrown: unknown;
  try {
    for await (const said of source.readings(abort.signal)) {
      readings.push(said);
      if (readings.length === count) abort.abort();
    }
  } catch (error) {
    thrown = error;
  }
  return { readings, thrown };
}

const unreachable = new SourceError('store: expected an answer, found none');
const patch = (set: Record<string, string>, remove: readonly string[] = [], version?: string): Reading => ({
  kind: 'patch',
  set: new Map(Object.entries(set)),
  remove: new Set(remove),
  ...(version === undefined ? {} : { version }),
});

describe('a cached source, iterated alone', () => {
  it('keeps what it says, patches put on top', async () => {
    const path = join(scratch(), 'store.cache');
    const source = cached(saying([reading({ a: '1', b: '1' }, { version: 'v1' }), patch({ c: '2' }, ['a'], 'v2')]), path);
    const { readings, thrown } = await alone(source, 2);
    expect(thrown).toBeUndefined();
    expect(readings.map(({ kind }) => kind)).toEqual(['full', 'patch']);
    expect(recalled(path)).toMatchObject({ entries: { b: '1', c: '2' }, told: [], reading: { version: 'v2' } });
  });

  it('gives what is remembered when nothing can be read at first, and then the error', async () => {
    const path = join(scratch(), 'store.cache');
    await alone(cached(saying([reading({ a: '1' }, { version: 'v1' })]), path), 1);
    const { readings, thrown } = await alone(cached(saying([], unreachable), path), 9);
    expect(readings).toMatchObject([{ kind: 'full', entries: new Map([['a', '1']]), version: 'v1' }]);
    expect(readings[0]!.locate!('a')).toBe(`cache:${path}`);
    expect(thrown).toBe(unreachable);
  });

  it('gives nothing from before once it has been read', async () => {
    const path = join(scratch(), 'store.cache');
    await remembering(path).save(reading({ a: 'old' }));
    const { readings, thrown } = await alone(cached(saying([reading({ a: 'new' })], unreachable), path), 9);
    expect(readings).toMatchObject([{ entries: new Map([['a', 'new']]) }]);
    expect(thrown).toBe(unreachable);
  });

  it('throws the error alone when nothing of use is remembered', async () => {
    const path = join(scratch(), 'store.cache');
    writeFileSync(path, 'damaged');
    const { readings, thrown } = await alone(cached(saying([], unreachable), path), 9);
    expect({ readings, thrown }).toEqual({ readings: [], thrown: unreachable });
  });

  it('has all of it on disk when the reader leaves', async () => {
    const path = join(scratch(), 'store.cache');
    for await (const said of cached(memory({ a: '1' }), path).readings(new AbortController().signal)) {
      expect(said.kind).toBe('full');
      break;
    }
    expect(recalled(path, { layer: 'memory' }).entries).toEqual({ a: '1' });
  });

  it('ends when its reader aborts, also while the source hangs', async () => {
    const hanging: Source = {
      name: 'store',
      async *readings(signal) {
        await aborted(signal);
      },
    };
    const abort = new AbortController();
    const readings = cached(hanging, join(scratch(), 'store.cache')).readings(abort.signal)[Symbol.asyncIterator]();
    const next = readings.next();
    await sleep(1);
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('a cached source in a config', () => {
  it('leaves keeping and recalling to it', async () => {
    const path = join(scratch(), 'store.cache');
    await remembering(path).save(reading({ a: 'old' }));
    const source = cached(saying([], unreachable), path);
    const reader = follow(source);
    await vi.waitFor(() => expect(reader.thrown()).toBe(unreachable));
    expect(reader.readings).toEqual([]);
    expect(source.memory!.recall(() => undefined)!.entries).toEqual(new Map([['a', 'old']]));
  });

  it('hands the host on', async () => {
    let seen: unknown;
    const asking: Source = {
      name: 'store',
      async *readings(signal, host) {
        seen = host?.version;
        yield reading({});
        await aborted(signal);
      },
    };
    const abort = new AbortController();
    const host = { ...standaloneHost, version: 'v7' };
    for await (const _ of cached(asking, join(scratch(), 'x')).readings(abort.signal, host)) abort.abort();
    expect(seen).toBe('v7');
  });
});

describe('a cached source', () => {
  it('is the source in every other respect', () => {
    const path = join(scratch(), 'x');
    const feed = memory({ a: '1' }, { name: 'feed' });
    const source = cached(feed, path);
    const seen: Reading[] = [];
    const detach = source.attach!((said) => seen.push(said));
    feed.set('a', '2');
    detach();
    feed.set('a', '3');
    expect(source.name).toBe('feed');
    expect(seen).toHaveLength(1);
    expect(plain((source.readNow!() as FullReading).entries)).toEqual({ a: '3' });
    const variables = cached(env({ environment: { GATEWAY_LIMIT: '5' } }), path);
    expect(variables.spelling!('gateway.limit', new Map([['GATEWAY_LIMIT', '5']]))).toBe('GATEWAY_LIMIT');
    for (const part of ['readNow', 'attach', 'spelling', 'set', 'delete', 'history']) expect(cached(saying([]), path)).not.toHaveProperty(part);
  });

  it('writes through to a store that can be written', async () => {
    class Store implements Source, Writable {
      readonly name = 'store';
      readonly #calls: string[] = [];
      async *readings(signal: AbortSignal): AsyncGenerator<Reading> {
        await aborted(signal);
        yield* [];
      }
      set(entries: object): Promise<{ version: string }> {
        this.#calls.push(`set ${Object.keys(entries).join()}`);
        return Promise.resolve({ version: '1' });
      }
      delete(keys: string): Promise<{ version: string }> {
        this.#calls.push(`delete ${keys}`);
        return Promise.resolve({ version: '2' });
      }
      history(key?: string, limit?: number): Promise<[]> {
        this.#calls.push(`history ${key} ${limit}`);
        return Promise.resolve([]);
      }
      get calls(): readonly string[] {
        return this.#calls;
      }
    }
    const store = new Store();
    const source = cached(store, join(scratch(), 'x'));
    const who = { author: 'ann', reason: 'test' };
    expect(isWritable(source)).toBe(true);
    expect(await source.set({ a: 1 }, who)).toEqual({ version: '1' });
    expect(await source.delete('a', who)).toEqual({ version: '2' });
    expect(await source.history('a', 5)).toEqual([]);
    expect(store.calls).toEqual(['set a', 'delete a', 'history a 5']);
  });

  it.each<[string, () => unknown, string]>([
    ['no source', () => cached(undefined as never, 'x'), 'cached(source): expected a source, found undefined'],
    ['something else', () => cached({ name: 'x' } as never, 'x'), 'cached(source): expected a source, found an object (Object)'],
    ['no path', () => cached(saying([]), ''), 'cached(path): expected a non-empty string, found an empty string'],
    ['a path with a NUL', () => cached(saying([]), 'a\0b'), 'cached(path): expected text, found a NUL character in it'],
    ['a misspelled option', () => cached(saying([]), 'x', { encrpt: 'x' } as object), 'cached(options): expected encrypt, writeEveryMs, found "encrpt"'],
    ['a time that is none', () => cached(saying([]), 'x', { writeEveryMs: -1 }), 'cached({ writeEveryMs }): expected a number of milliseconds from 0 to 2147483647, found a number'],
  ])('is refused for %s', (_, act, message) => {
    expect(thrownBy(act)).toEqual({ code: 'CALUMMA_OPTION', message });
  });
});
