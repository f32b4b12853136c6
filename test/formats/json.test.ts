import { inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FormatError } from '../../src/core/errors.js';
import { json, jsonc } from '../../src/formats/json.js';

describe('JSON', () => {
  test.each(['1e3', '1.0', '-0', '12345678901234567890', '1E+400', '0.10', 'true', 'false'])(
    '%s stays as it is written',
    (text) => {
      expect(json.parse(`{"a": ${text}}`).get('a')).toBe(text);
    },
  );

  test('strings are decoded', () => {
    expect(json.parse('{"\\u0061": "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83e\\udd8e", "b": "010"}')).toEqual(
      new Map([
        ['a', '"\\/\b\f\n\r\té🦎'],
        ['b', '010'],
      ]),
    );
  });

  test('null is absent, "null" is a text, an empty map is nothing, an empty list is an empty text', () => {
    expect(json.parse('{"a": null, "b": "null", "c": {}, "d": [], "e": [null, 1]}')).toEqual(
      new Map([
        ['b', 'null'],
        ['d', ''],
        ['e', '1'],
        ['e[1]', '1'],
      ]),
    );
  });

  test('an empty object has no entries', () => {
    expect(json.parse(' {} \n').size).toBe(0);
  });

  test('100 levels are fine and 100,000 are an error, not an overflow', () => {
    const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(json.parse(nested(100)).size).toBe(1);
    expect(() => json.parse(nested(100_000))).toThrow('json: more than 100 levels (line 1, column 501)');
    expect(() => json.parse(`{"a":${'['.repeat(100_000)}`)).toThrow('more than 100 levels');
  });

  test('it takes and refuses what JSON.parse does, but for duplicate keys', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b', '"', '1', '0', '-', '.', 'e', '+', 'null', 'true', ' ', '\n', '\t', '\\', '\\u00', '//', '/**/', '\u00a0', 'x');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = `{"k": ${parts.join('')}}`;
        expect(accepts(() => json.parse(text)), text).toBe(accepts(() => JSON.parse(text)));
      }),
      { numRuns: 5_000 },
    );
  });

  test('what JSON.stringify writes has every scalar at its flat key', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (record) => {
        const expected = Object.entries(record).map(([key, value]) => [key, String(value)] as const);
        expect(json.parse(JSON.stringify(record))).toEqual(new Map(expected));
      }),
    );
  });

  test.each(['{"password": hunter2}', '{"password": "hunter2', '{"password": "hunter2\\q"}', '{"p": "hunter2" 1}', 'hunter2'])(
    'the error of %s keeps its secret',
    (text) => {
      expect(inspect(errorOf(() => json.parse(text)), { depth: 10, showHidden: true })).not.toContain('hunter2');
    },
  );

  test('an entry stands at its key, an item where it begins', () => {
    const text = '\ufeff{\n  "a": { "b": [1,\n    "x"] },\r\n  "c": null\n}';
    expect(json.locate?.(text, 'a.b')).toEqual({ line: 2, column: 10 });
    expect(json.locate?.(text, 'a.b[0]')).toEqual({ line: 2, column: 16 });
    expect(json.locate?.(text, 'a.b[1]')).toEqual({ line: 3, column: 5 });
    expect(json.locate?.(text, 'a')).toBeUndefined();
    expect(json.locate?.(text, 'c')).toBeUndefined();
  });
});

describe('JSONC', () => {
  test('comments and trailing commas are allowed', () => {
    const text = '// first\n{ /* a */ "a": 1, // one\n  "b": [1, 2,], }\n/* last */';
    expect(jsonc.parse(text)).toEqual(
      new Map([
        ['a', '1'],
        ['b', '1,2'],
        ['b[0]', '1'],
        ['b[1]', '2'],
      ]),
    );
    expect(jsonc.locate?.(text, 'b[1]')).toEqual({ line: 3, column: 12 });
  });

  test('what looks like a comment in a string is none', () => {
    expect(jsonc.parse('{"url": "http://x/*y*/"}').get('url')).toBe('http://x/*y*/');
  });
});

function errorOf(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error;
  }
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    return error instanceof FormatError && error.problem.startsWith('duplicate key');
  }
}
