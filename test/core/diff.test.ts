import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch, diff, mergeFirstWins } from '../../src/core/diff.js';

const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor', ''), fc.string({ maxLength: 3 }));
const entries = fc.array(fc.tuple(key, fc.constantFrom('', '1', '2'))).map((pairs) => new Map(pairs));

describe('diff', () => {
  it('says what is set and what is gone', () => {
    const patch = diff(new Map([['same', '1'], ['moved', '1'], ['gone', '1']]), new Map([['same', '1'], ['moved', '2'], ['new', '']]));
    expect(patch.set).toEqual(new Map([['moved', '2'], ['new', '']]));
    expect(patch.remove).toEqual(new Set(['gone']));
  });

  it('is empty between a map and itself', () => {
    fc.assert(
      fc.property(entries, (a) => {
        const patch = diff(a, new Map(a));
        expect(patch.set.size + patch.remove.size).toBe(0);
      }),
    );
  });

  it('applied to the map before gives the map after, and leaves the map before alone', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const copy = new Map(a);
        expect(applyPatch(a, diff(a, b))).toEqual(b);
        expect(a).toEqual(copy);
      }),
    );
  });
});

describe('mergeFirstWins', () => {
  it('takes each key from the first map that has it', () => {
    fc.assert(
      fc.property(fc.array(entries), (maps) => {
        const merged = mergeFirstWins(maps);
        const keys = new Set(maps.flatMap((map) => [...map.keys()]));
        expect(new Set(merged.keys())).toEqual(keys);
        for (const name of keys) expect(merged.get(name)).toBe(maps.find((map) => map.has(name))?.get(name));
      }),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(entries, entries, entries, (a, b, c) => {
        const all = mergeFirstWins([a, b, c]);
        expect(mergeFirstWins([mergeFirstWins([a, b]), c])).toEqual(all);
        expect(mergeFirstWins([a, mergeFirstWins([b, c])])).toEqual(all);
      }),
    );
  });

  it('of nothing is empty', () => {
    expect(mergeFirstWins([]).size).toBe(0);
  });
});
