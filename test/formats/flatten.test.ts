import fc from 'fast-check';
import { expect, test } from 'vitest';

import { flatten, flatLimit, visit } from '../../src/formats/flatten.js';
import { treeOf } from '../../src/formats/tree-of.js';
import type { Parsed, TreeMap } from '../../src/formats/tree.js';
import { plainText, positionAt } from '../../src/formats/text.js';

function parsed(data: object, text = ''): Parsed {
  return { format: 'test', text, root: treeOf(data) as TreeMap };
}

test('a joined list gives its items back', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ',', '\\', ' ') }), { minLength: 1 }), (items) => {
      const joined = flatten(parsed({ list: items })).get('list') ?? '';
      const split = Array.from(joined.matchAll(/((?:\\.|[^,\\])*)(?:,|$)/g), ([, item = '']) => item.replace(/\\(.)/g, '$1'));
      expect(split.slice(0, items.length)).toEqual(items);
    }),
  );
});

test('an empty key is a part of a path like any other', () => {
  expect([...flatten(parsed({ '': { '': 1, a: 2 }, b: { '': [3] } }))]).toEqual([
    ['.', '1'],
    ['.a', '2'],
    ['b.', '3'],
    ['b.[0]', '3'],
  ]);
});

test('a visitor hears of maps, lists and nulls, before what is in them', () => {
  const heard: string[] = [];
  visit(parsed({ a: { b: [null, 1] }, c: {} }), {
    node: (key) => heard.push(`node ${key}`),
    leaf: (key, text) => heard.push(`leaf ${key}=${text}`),
  });
  expect(heard).toEqual([
    'node a',
    'node a.b',
    'leaf a.b=1',
    'node a.b[0]',
    'node a.b[1]',
    'leaf a.b[1]=1',
    'node c',
  ]);
});

test('a long key above a long list is refused before it fills the memory', () => {
  const data = { ['k'.repeat(100_000)]: Array.from({ length: 100_000 }, () => 1) };
  expect(() => flatten(parsed(data))).toThrow(`grows to more than ${flatLimit('')} characters`);
});

test('a long text may grow in proportion', () => {
  expect(flatLimit('x'.repeat(1_000)) - flatLimit('')).toBe(10_000);
});

test.each([
  ['', 0, 1, 1],
  ['ab', 1, 1, 2],
  ['a\nb', 2, 2, 1],
  ['a\r\nb', 1, 1, 2],
  ['a\r\nb', 3, 2, 1],
  ['a\rb', 2, 2, 1],
  ['\n\n', 2, 3, 1],
])('in %j, offset %i is line %i, column %i', (text, offset, line, column) => {
  expect(positionAt(text, offset)).toEqual({ line, column });
});

test('a byte order mark is dropped, and a NUL is refused where it stands', () => {
  expect(plainText('test', '\ufeffa')).toBe('a');
  expect(() => plainText('test', '\ufeffa\nb\0')).toThrow('test: binary data (a NUL character) (line 2, column 2)');
});
