import assert from 'node:assert/strict';
import { applyPatch } from '../core/diff.js';
import type { FullReading, Reading } from '../core/model.js';
import { Reader, reading } from './reader.js';
import { conformance, type ConformanceCase } from './rig.js';

const awkwardKeys = [
  '__proto__', 'constructor', 'toString', 'with space', ' leading', 'trailing ', 'ä€😀', 'a=b:c#d!', 'tab\tkey', 'Case', 'case', 'a.b.c', 'a/b', 'a[0]', '"quoted"', "it's", '${a}', '%', '*', 'x'.repeat(1_000),
];
const awkwardValues = ['', ' spaces ', 'two\nlines', 'ä€😀', '${a}', 'a,b\\,c', '"quoted"', "it's", 'NULL', 'null', '0', '%', 'tab\tvalue', 'x'.repeat(10_000)];

/** What every source promises about reading. */
export const readCases: readonly ConformanceCase[] = [
  conformance('the first reading is complete', ['put'], async (rig) => {
    await rig.put('a', '1');
    await rig.put('b.c', '2');
    await reading(rig, async (reader) => {
      await reader.untilRead();
      const [first] = reader.readings;
      assert.equal(first?.kind, 'full', 'the first reading says everything');
      assert.deepEqual(plain(first.entries), { ...rig.initial, a: '1', 'b.c': '2' });
    });
  }),

  conformance('where there is nothing, the first reading says so', [], async (rig) => {
    await reading(rig, async (reader) => {
      await reader.untilRead();
      assert.deepEqual(plain(reader.entries), { ...rig.initial });
    });
  }),

  conformance('what is read at once is what is read at first', [], async (rig) => {
    await rig.put?.('a', '1');
    const now = rig.source.readNow?.();
    if (now === undefined) return;
    await reading(rig, async (reader) => {
      await reader.untilRead();
      assert.deepEqual(plain((now as FullReading).entries), plain(reader.entries));
    });
  }),

  conformance('a write is seen', ['put'], async (rig) => {
    await rig.put('a', '1');
    await reading(rig, async (reader) => {
      await reader.untilIs('a', '1');
      await rig.put('a', '2');
      await reader.untilIs('a', '2');
      await rig.put('b', '3');
      await reader.untilIs('b', '3');
      assert.deepEqual(plain(reader.entries), { ...rig.initial, a: '2', b: '3' });
    });
  }),

  conformance('a removal is seen as absence, and the key may come back', ['put', 'remove'], async (rig) => {
    await rig.put('a', '1');
    await rig.put('b', '1');
    await reading(rig, async (reader) => {
      await reader.untilIs('a', '1');
      await rig.remove('a');
      await reader.untilIs('a', undefined);
      await rig.put('a', '2');
      await reader.untilIs('a', '2');
      assert.equal(reader.entries.get('b'), '1');
    });
  }),

  conformance('a burst of 100 writes ends in the last state', ['put'], async (rig) => {
    await rig.put('n', '-1');
    await reading(rig, async (reader) => {
      await reader.untilRead();
      for (let n = 0; n < 100; n++) await rig.put('n', String(n));
      await reader.untilIs('n', '99');
      const values = valuesOf('n', reader.readings);
      assert.deepEqual(values, [...values].sort((one, other) => one - other), 'never back to an older value');
    });
  }),

  conformance('awkward keys and values survive', ['put'], async (rig) => {
    const entries = [...awkwardKeys.map((key) => [key, `value of ${key.slice(0, 20)}`] as const), ...awkwardValues.map((value, index) => [`v${index}`, value] as const)];
    const possible = entries.filter(([key, value]) => rig.canHold?.(key, value) ?? true);
    const half = Math.floor(possible.length / 2);
    for (const [key, value] of possible.slice(0, half)) await rig.put(key, value);
    await reading(rig, async (reader) => {
      await reader.untilRead();
      for (const [key, value] of possible.slice(half)) await rig.put(key, value);
      for (const [key, value] of possible) await reader.untilIs(key, value);
      assert.equal(reader.entries.size, possible.length + Object.keys(rig.initial ?? {}).length);
    });
  }),

  conformance('several keys that change together arrive in one reading', ['putAll'], async (rig) => {
    const both = (value: number): Map<string, string> => new Map([['left', String(value)], ['right', String(value)]]);
    await rig.putAll(both(0));
    await reading(rig, async (reader) => {
      await reader.untilRead();
      for (let value = 1; value <= 20; value++) await rig.putAll(both(value));
      await reader.untilIs('left', '20');
      for (const state of statesOf(reader.readings)) assert.equal(state.get('left'), state.get('right'), 'no reader sees half of a change');
    });
  }),

  conformance('what is written again unchanged is no news', ['put'], async (rig) => {
    await rig.put('a', '1');
    await reading(rig, async (reader) => {
      await reader.untilIs('a', '1');
      const seen = reader.readings.length; // not the first one yet where a source stands behind something that follows the store
      await rig.put('a', '1');
      await rig.put('b', '1');
      await reader.untilIs('b', '1');
      const said = reader.readings.slice(seen).filter((one) => one.kind === 'patch' && one.set.has('a'));
      assert.deepEqual(said, [], 'a patch names what has changed, nothing else');
    });
  }),

  conformance('the origin of a key says where it stands, in words of the source', ['put'], async (rig) => {
    await rig.put('gateway.limit', '1');
    await reading(rig, async (reader) => {
      await reader.untilIs('gateway.limit', '1');
      const origin = reader.locate?.('gateway.limit') ?? `${rig.source.name}:gateway.limit`; // what the runtime says for a source that does not
      assert.match(origin, rig.originOf?.('gateway.limit') ?? /gateway\.limit/);
    });
  }),

  conformance('two readers at once see the same', ['put'], async (rig) => {
    await rig.put('a', '1');
    await reading(rig, (one) =>
      reading(rig, async (other) => {
        for (const reader of [one, other]) await reader.untilIs('a', '1');
        await rig.put('a', '2');
        for (const reader of [one, other]) await reader.untilIs('a', '2');
      }),
    );
  }),

  conformance('an abort ends it, silently, and leaves no handle', [], async (rig) => {
    const before = handles();
    const reader = new Reader(rig);
    await reader.untilRead();
    await reader.stop();
    assert.deepEqual(reader.failures, []);
    await reader.until(() => isWithin(handles(), before), `its handles to be gone; before: ${JSON.stringify(before)}`);
  }),

  conformance('an abort before the first reading ends it too', [], async (rig) => {
    const reader = new Reader(rig);
    await reader.stop();
    assert.deepEqual(reader.failures, []);
  }),
];

function plain(entries: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(entries);
}

/** What a reader held after each reading. */
function statesOf(readings: readonly Reading[]): ReadonlyMap<string, string>[] {
  let state: ReadonlyMap<string, string> = new Map();
  return readings.map((one) => (state = one.kind === 'full' ? one.entries : applyPatch(state, one)));
}

function valuesOf(key: string, readings: readonly Reading[]): number[] {
  return statesOf(readings).flatMap((state) => (state.has(key) ? [Number(state.get(key))] : []));
}

/** What keeps the process alive, by kind. */
function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) if (kind !== 'Timeout' && kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function isWithin(now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): boolean {
  return Object.entries(now).every(([kind, count]) => count <= (before[kind] ?? 0));
}
