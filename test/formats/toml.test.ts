import { inspect } from 'node:util';

import fc from 'fast-check';
import { parse as parseToml, stringify } from 'smol-toml';
import { describe, expect, test } from 'vitest';

import { FormatError } from '../../src/core/errors.js';
import { toml } from '../../src/formats/toml.js';

function entriesOf(text: string): Record<string, string> {
  return Object.fromEntries(toml.parse(text));
}

describe('scalars', () => {
  test.each([
    '1_000', '0x1F', '0o17', '0b11', '+99', '-0', '9223372036854775807', '1e3', '6.626e-34', '224_617.445_991',
    'inf', '-nan', 'true', 'false', '1979-05-27T07:32:00Z', '1979-05-27 00:32:00.999999-07:00', '1979-05-27',
    '07:32:00', '1979-05-27 07:32',
  ])('%s stays as it is written', (text) => {
    expect(entriesOf(`a = ${text} # comment\nb = [${text}]\nc = {d=${text}}\ne=${text}`)).toEqual({
      a: text,
      b: text,
      'b[0]': text,
      'c.d': text,
      e: text,
    });
  });

  test.each([
    ['"a\\tb\\u00e9\\U0001F98E\\e\\x41\\"\\\\"', 'a\tbé🦎\x1bA"\\'],
    ["'C:\\temp'", 'C:\\temp'],
    ['"""\nx\ny"""', 'x\ny'],
    ['"""\r\nx"""', 'x'],
    ['"""x \\\n   \n  y\\t"""', 'x y\t'],
    ['"""""x"""""', '""x""'],
    ['"""a\\"""b"""', 'a"""b'],
    ["'''\n''x'''''", "''x''"],
    ["''", ''],
    ['""', ''],
    ['""""""', ''],
    ['"# no = comment ]"', '# no = comment ]'],
  ])('%s is decoded', (text, value) => {
    expect(entriesOf(`a = ${text}\n[b]\nc = 1`)).toEqual({ a: value, 'b.c': '1' });
  });
});

describe('tables', () => {
  const text = [
    'a.b.c = 1 # c', // 1
    '[servers] # [no]', // 2
    'list = [ # [', // 3
    '  "x,y", # "', // 4
    "  'z',", // 5
    ']', // 6
    'inline = { a = 1, b.c = [2] }', // 7
    '[servers.deep."quoted.key"]', // 8
    'k = """', // 9
    '[not.a.table]', // 10
    'x = 1"""', // 11
    '[[fruit]]', // 12
    'name = "apple"', // 13
    '[fruit.physical]', // 14
    'color = "red"', // 15
    '[[fruit]]', // 16
    'name = "banana"', // 17
    '  [[fruit.variety]]', // 18
    '  name = "plantain"', // 19
    '[a.d]', // 20
    'e = 1', // 21
  ].join('\n').replace('[a.d]', '[z.d]');

  test.each([
    ['a.b.c', '1', 1, 1],
    ['servers.list', 'x\\,y,z', 3, 1],
    ['servers.list[0]', 'x,y', 4, 3],
    ['servers.list[1]', 'z', 5, 3],
    ['servers.inline.a', '1', 7, 12],
    ['servers.inline.b.c', '2', 7, 19],
    ['servers.inline.b.c[0]', '2', 7, 26],
    ['servers.deep.quoted.key.k', '[not.a.table]\nx = 1', 9, 1],
    ['fruit[0].name', 'apple', 13, 1],
    ['fruit[0].physical.color', 'red', 15, 1],
    ['fruit[1].name', 'banana', 17, 1],
    ['fruit[1].variety[0].name', 'plantain', 19, 3],
    ['z.d.e', '1', 21, 1],
  ])('%s is %j and stands at line %i, column %i', (key, value, line, column) => {
    expect(toml.parse(text).get(key)).toBe(value);
    expect(toml.locate?.(text, key)).toEqual({ line, column });
  });

  test('that is all there is', () => {
    expect(toml.parse(text).size).toBe(13);
    expect(toml.locate?.(text, 'not.a.table.x')).toBeUndefined();
  });

  test.each(['', '# nothing\n', '\ufeff', '[empty]\n'])('%j has no entries', (nothing) => {
    expect(toml.parse(nothing).size).toBe(0);
  });

  test('a table may come after a part of it, and an array of tables may be long', () => {
    expect(entriesOf('[a.b]\nc = 1\n[a]\nd = 2\n')).toEqual({ 'a.b.c': '1', 'a.d': '2' });
    expect(toml.parse('[[t]]\nx = 1\n'.repeat(20_000)).get('t[19999].x')).toBe('1');
  });
});

test('the scanner and the library read the same strings in the same places', () => {
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 5 }), tie('node'), { maxKeys: 3 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 4 }), (data) => {
      const text = safely(() => stringify(data as Record<string, string>));
      if (text === undefined || text.includes('\0')) return;
      const expected = flat(parseToml(text));
      const isTwice = new Set(expected.map(([key]) => key)).size < expected.length;
      if (isTwice) expect(() => toml.parse(text)).toThrow('duplicate key');
      else expect(toml.parse(text)).toEqual(new Map(expected));
    }),
    { numRuns: 1_000 },
  );
});

/** Strings and lists of strings under their flat keys, from plain data. */
function flat(data: unknown, prefix?: string): [string, string][] {
  const below = (name: string): string => (prefix === undefined ? name : `${prefix}.${name}`);
  if (typeof data === 'string') return [[prefix ?? '', data]];
  if (!Array.isArray(data)) return Object.entries(data as object).flatMap(([name, value]) => flat(value, below(name)));
  const items = data.flatMap((item, index) => flat(item, `${prefix ?? ''}[${index}]`));
  if (!data.every((item) => typeof item === 'string')) return items;
  return [[prefix ?? '', data.map((item) => item.replaceAll(/[\\,]/g, '\\$&')).join(',')], ...items];
}

function safely<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch {
    return undefined;
  }
}

test('any text parses or is refused with a FormatError', () => {
  const pieces = fc.constantFrom('a', '.', ' = ', '1', '"', "'", '"""', '\\', '[', ']', '[[', ']]', '{', '}', ',', '\n', '#', ' ', '1979-05-27', 'true', '_');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
      try {
        toml.parse(parts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 3_000 },
  );
});

test.each(['password = hunter2', 'password = "hunter2', 'a = "hunter2" x', 'hunter2', '# hunter2\na = 01 # hunter2', 'a = "hunter2"\na = 2'])(
  'the error of %s keeps its secret',
  (text) => {
    const error = safely(() => toml.parse(text)) ?? errorOf(text);
    expect(error).toBeInstanceOf(FormatError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
  },
);

function errorOf(text: string): unknown {
  try {
    return toml.parse(text);
  } catch (error) {
    return error;
  }
}
