import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Comparison } from '../../../src/sources/redis/comparison.js';
import { Held } from '../../../src/sources/redis/held.js';
import { escapeGlob } from '../../../src/sources/redis/place.js';

const entries = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '__proto__'), fc.constantFrom('', '1', '2')).map((record) => new Map(Object.entries(record)));
const limit = { what: 'test', maxBytes: 1_000 };

test('what is held follows comparison after comparison, whatever comes twice or goes again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entries, { maxLength: 6 }), async (states) => {
      const held = new Held();
      let outside = new Map<string, string>();
      for (const state of states) {
        const comparison = new Comparison(held, limit);
        comparison.put('c', 'in between');
        comparison.drop('c');
        for (const [key, value] of [...state, ...state]) comparison.put(key, value);
        const isFirst = held.size === 0;
        const remove = await held.takeAll(comparison);
        if (isFirst) outside = new Map(comparison.set);
        for (const key of remove) outside.delete(key);
        for (const [key, value] of comparison.set) outside.set(key, value);
        expect(outside).toEqual(state);
        expect(held.size).toBe(state.size);
        expect(new Map([...held.keys()].map((key) => [key, held.get(key)]))).toEqual(state);
        expect(comparison.bytes).toBe([...state].reduce((sum, [key, value]) => sum + key.length + value.length, 0));
      }
    }),
  );
});

test('what keys have become is told from what is held, with the growth that it brings', () => {
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const held = new Held();
      held.replace(before);
      const now = new Map<string, string | undefined>([...before.keys(), 'never there'].map((key) => [key, undefined]));
      for (const [key, value] of after) now.set(key, value);
      const { set, remove, growth } = held.differenceTo(now);
      for (const [key, value] of set) expect(value).not.toBe(before.get(key));
      for (const key of remove) expect(before.has(key)).toBe(true);
      held.apply(set, remove);
      expect(new Map([...held.keys()].map((key) => [key, held.get(key)]))).toEqual(after);
      expect(growth).toBe(after.size - before.size);
    }),
  );
});

test('what is too large is refused with a quarter to spare', () => {
  const comparison = new Comparison(new Held(), limit);
  for (let at = 0; at < 12; at++) comparison.put(`k${at % 10}${at}`, 'x'.repeat(97));
  expect(() => comparison.put('one', 'x'.repeat(100))).toThrow(/^test: expected at most 1000 bytes/);
});

test('a prefix in a pattern stands for itself', () => {
  expect(escapeGlob('a*b?[c]\\^-d:')).toBe('a\\*b\\?\\[c\\]\\\\\\^\\-d:');
});
