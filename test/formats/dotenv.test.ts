import { expect, test } from 'vitest';

import { dotenv } from '../../src/formats/dotenv.js';

const text = [
  '# comment', // 1
  'PLAIN=one # comment', // 2
  'export EXPORTED = two', // 3
  "SINGLE='a # b \\n'", // 4
  'DOUBLE="line\\nbreak"', // 5
  'MULTI="first', // 6
  'PLAIN=not an assignment', // 7
  'last"', // 8
  'no assignment at all', // 9
  'EMPTY=', // 10
  'COLON: value', // 11
  'dotted.key-name=x', // 12
  '  INDENTED=y', // 13
  'TWICE=1', // 14
  'TWICE=2', // 15
  'REF=${PLAIN}', // 16
  '__proto__=p', // 17
  'constructor=__proto__', // 18
].join('\n');

test.each([
  ['PLAIN', 'one', 2, 1],
  ['EXPORTED', 'two', 3, 8],
  ['SINGLE', 'a # b \\n', 4, 1],
  ['DOUBLE', 'line\nbreak', 5, 1],
  ['MULTI', 'first\nPLAIN=not an assignment\nlast', 6, 1],
  ['EMPTY', '', 10, 1],
  ['COLON', 'value', 11, 1],
  ['dotted.key-name', 'x', 12, 1],
  ['INDENTED', 'y', 13, 3],
  ['TWICE', '2', 15, 1],
  ['REF', '${PLAIN}', 16, 1],
  ['__proto__', 'p', 17, 1],
  ['constructor', '__proto__', 18, 1],
])('%s is %j and stands at line %i, column %i', (key, value, line, column) => {
  for (const variant of [text, `\ufeff${text}`, text.replaceAll('\n', '\r\n')]) {
    expect(dotenv.parse(variant).get(key)).toBe(value);
    expect(dotenv.locate?.(variant, key)).toEqual({ line, column });
  }
});

test('that is all there is', () => {
  expect(dotenv.parse(text).size).toBe(13);
});

test.each(['', '# nothing', '\n\n', 'no assignment'])('%j has no entries', (nothing) => {
  expect(dotenv.parse(nothing).size).toBe(0);
});

test.each(['MISSING', 'toString', 'P.*', '', 'not an assignment'])('%j has no place', (key) => {
  expect(dotenv.locate?.(text, key)).toBeUndefined();
});
