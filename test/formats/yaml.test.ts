import { inspect } from 'node:util';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FormatError } from '../../src/core/errors.js';
import { locateYamlNode, parseYamlTree, yaml } from '../../src/formats/yaml.js';

function entriesOf(text: string): Record<string, string> {
  return Object.fromEntries(yaml.parse(text));
}

function errorOf(text: string): FormatError {
  try {
    yaml.parse(text);
  } catch (error) {
    return error as FormatError;
  }
  throw new Error('parsed');
}

describe('scalars', () => {
  test.each(['010', '1e3', 'yes', 'Off', '2001-12-14', '0x1F', '0o17', '1_000', '.5', '-.inf', '12:30:45', 'True'])(
    '%s stays as it is written',
    (text) => {
      expect(entriesOf(`a: ${text}`)).toEqual({ a: text });
    },
  );

  test.each(['null', 'Null', 'NULL', '~', '', '!!null', '!!null null', '# comment'])('plain %j is absent', (text) => {
    expect(entriesOf(`a: ${text}\nb: 1`)).toEqual({ b: '1' });
  });

  test.each(['"null"', "'null'", '!!str null', '! null', '|-\n  null'])('%j is the text null', (text) => {
    expect(entriesOf(`a: ${text}`)).toEqual({ a: 'null' });
  });

  test.each(['nUll', 'none', 'nil', '~x'])('%s is a text like any other', (text) => {
    expect(entriesOf(`a: ${text}`)).toEqual({ a: text });
  });

  test('blocks and folds are decoded', () => {
    expect(entriesOf('a: |\n  x\n  y\nb: >-\n  x\n  y\nc: "x\\n\\u00e9"\nd: it\n  goes on\n')).toEqual({
      a: 'x\ny\n',
      b: 'x y',
      c: 'x\né',
      d: 'it goes on',
    });
  });

  test('the standard tags are accepted and change no text', () => {
    const text = 'a: !!str 1\nb: !!int 0x1F\nc: !!float 1e3\nd: !!bool yes\ne: !!seq [1]\nf: !!map {x: !!int 1_0}\ng: !!seq\n';
    expect(entriesOf(text)).toEqual({
      a: '1',
      b: '0x1F',
      c: '1e3',
      d: 'yes',
      e: '1',
      'e[0]': '1',
      'f.x': '1_0',
      g: '',
    });
  });

  test('a tag may be written out, or by a handle of its own', () => {
    expect(entriesOf('%TAG !y! tag:yaml.org,2002:\n---\na: !y!str null\nb: !<tag:yaml.org,2002:str> ~\n')).toEqual({
      a: 'null',
      b: '~',
    });
  });
});

describe('keys', () => {
  test('scalars of any type are keys by their text', () => {
    expect(entriesOf('1: a\ntrue: b\n1.50: c\n"null": d\n? e\n: f\n')).toEqual({
      '1': 'a',
      true: 'b',
      '1.50': 'c',
      null: 'd',
      e: 'f',
    });
  });

  test('an alias may be a key', () => {
    expect(entriesOf('a: &key name\n*key : x\n')).toEqual({ a: 'name', name: 'x' });
  });

  test('a key and a key below it may both have a value', () => {
    expect(entriesOf('a: x\na.b: y\n')).toEqual({ a: 'x', 'a.b': 'y' });
  });
});

describe('lists', () => {
  test('a null item is absent, keeps its index, and is left out of the joined text', () => {
    expect(entriesOf('a: [x, ~, "", y]\nb: [null]\n')).toEqual({
      a: 'x,,y',
      'a[0]': 'x',
      'a[2]': '',
      'a[3]': 'y',
      b: '',
    });
  });

  test('a list with a map in it has indexed keys only', () => {
    expect(entriesOf('a:\n  - x\n  - b: y\n')).toEqual({ 'a[0]': 'x', 'a[1].b': 'y' });
  });
});

describe('anchors and merge keys', () => {
  test('own keys win wherever << stands, and the earlier of several maps wins', () => {
    const text = 'x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: own\n  <<: [*x, *y]\n  d: own\n';
    expect(yaml.parse(text)).toEqual(
      new Map([
        ['x.a', '1'],
        ['x.b', '1'],
        ['y.b', '2'],
        ['y.c', '2'],
        ['z.c', 'own'],
        ['z.d', 'own'],
        ['z.a', '1'],
        ['z.b', '1'],
      ]),
    );
  });

  test('a merged null leaves the key out, and an own null hides a merged value', () => {
    expect(entriesOf('x: &x {a: 1, b: ~}\ny: {<<: *x, a: ~}\n')).toEqual({ 'x.a': '1' });
  });

  test('a quoted << is an ordinary key', () => {
    expect(entriesOf('"<<": 1')).toEqual({ '<<': '1' });
  });

  test('an anchor may be given again', () => {
    expect(entriesOf('a: &x 1\nb: *x\nc: &x 2\nd: *x\n')).toEqual({ a: '1', b: '1', c: '2', d: '2' });
  });
});

describe('documents', () => {
  test.each(['', '# nothing\n', '---\n', '---\n...\n', '\ufeff', '%YAML 1.2\n---\n'])('%j has no entries', (text) => {
    expect(entriesOf(text)).toEqual({});
  });

  test('maps of several documents add up, and everything else is replaced with all that is below', () => {
    const text = [
      'map: {a: 1, b: 1}\nlist: [{x: 1}, {x: 2}]\nscalar: 1\nlist2: [1, 2]\nlist3: [1]\nlisted: 1\n',
      'map: {b: 2, c: 2}\nlist: [{x: 3}]\nscalar: {a: 2}\nlist2: one\nlist3: {a: 1}\nlisted: 2\n',
    ].join('---\n');
    expect(entriesOf(text)).toEqual({
      'map.a': '1',
      'map.b': '2',
      'map.c': '2',
      'list[0].x': '3',
      'scalar.a': '2',
      list2: 'one',
      'list3.a': '1',
      listed: '2',
    });
  });

  test('a dotted key in a later document replaces a nested one', () => {
    expect(entriesOf('a: {list: [1, 2]}\n---\na.list: [3]\n')).toEqual({ 'a.list': '3', 'a.list[0]': '3' });
  });

  test('null in a later document takes the key and all below it out', () => {
    expect(entriesOf('a: {b: 1, c: [1]}\nd: 1\n---\na: ~\n')).toEqual({ d: '1' });
  });
});

describe('limits', () => {
  test('100 levels are fine', () => {
    expect(entriesOf(`${'x: {'.repeat(99)}a: 1${'}'.repeat(99)}`)).toHaveProperty([`${'x.'.repeat(99)}a`], '1');
  });

  test('aliases count as the levels they stand for', () => {
    const lines = Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} {x: {y: *a${i}}}`);
    expect(errorOf(['a0: &a0 {z: 1}', ...lines].join('\n'))).toMatchObject({ problem: 'more than 100 levels' });
  });

  test.each([
    ['text', 'x'.repeat(100)],
    ['empty maps', '{}'],
  ])('aliases of aliases of %s do not grow without bound', (_name, seed) => {
    const row = (i: number): string => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`;
    const text = [`a0: &a0 ${seed}`, ...Array.from({ length: 30 }, (_, i) => row(i))].join('\n');
    expect(errorOf(text).problem).toMatch(/^grows to more than \d+ characters/);
  });

  test('merges do not grow without bound', () => {
    const keys = Array.from({ length: 2_000 }, (_, i) => `k${i}: ~`).join(', ');
    const text = `a: &a {${keys}}\n${Array.from({ length: 2_000 }, (_, i) => `b${i}: {<<: *a}\n`).join('')}`;
    expect(errorOf(text).problem).toMatch(/^merges of more than/);
  });
});

describe('errors', () => {
  test.each([
    'password: !hunter2 x',
    'password: !hunter2^ x',
    'password: !e!hunter2 x',
    'password: *hunter2',
    'password: hunter2: x',
    'password: "hunter2',
    'password: "hunter2\\q"',
    'password: !!int hunter2',
    'password: [hunter2',
    'hunter2',
    '- hunter2',
    'password: hunter2\n\tx: 1',
    'password: @hunter2',
    '%TAG ! hunter2^ \n---\na: 1',
    'password: hunter2 \u0001',
    'password: hunter2\npassword: 1',
  ])('%j keeps its secret', (text) => {
    const error = errorOf(text);
    expect(error).toBeInstanceOf(FormatError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
  });

  test('any text parses or is refused with a FormatError', () => {
    const pieces = fc.constantFrom('a', 'b:', ' ', '\n', '- ', '? ', ': ', '&x ', '*x', '!!int ', '[', ']', '{', '}', ',', '"', "'", '|', '>', '<<', '#', '---\n', '\t', '~');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        try {
          yaml.parse(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('places', () => {
  const text = [
    'gateway:', // 1
    '  limit: &limit', // 2
    '    rate: 100', // 3
    '  hosts: [a, "b"]', // 4
    '  "quoted": x', // 5
    'edge:', // 6
    '  <<: *limit', // 7
    '  servers:', // 8
    '    - name: a', // 9
    '    - *limit', // 10
    '    -', // 11
    '    - &b !!str b', // 12
    'gone: ~', // 13
  ].join('\n');

  test.each([
    ['gateway.limit.rate', 3, 5],
    ['gateway.hosts', 4, 3],
    ['gateway.hosts[0]', 4, 11],
    ['gateway.hosts[1]', 4, 14],
    ['gateway.quoted', 5, 3],
    ['edge.rate', 3, 5],
    ['edge.servers[0].name', 9, 7],
    ['edge.servers[1].rate', 3, 5],
    ['edge.servers[3]', 12, 7],
  ])('%s stands at line %i, column %i', (key, line, column) => {
    expect(yaml.locate?.(text, key)).toEqual({ line, column });
    expect(locateYamlNode(text, key)).toEqual({ line, column });
  });

  test.each([
    ['gateway', 1, 1],
    ['gateway.limit', 2, 3],
    ['edge.servers', 8, 3],
    ['edge.servers[0]', 9, 7],
    ['edge.servers[1]', 10, 7],
    ['edge.servers[2]', 11, 5],
    ['gone', 13, 1],
  ])('%s, which is no entry, stands at line %i, column %i as a node', (key, line, column) => {
    expect(yaml.locate?.(text, key)).toBeUndefined();
    expect(locateYamlNode(text, key)).toEqual({ line, column });
  });

  test('a locator reads the text once for all keys', () => {
    const placeOf = yaml.locator?.(text);
    expect(placeOf?.('gateway.hosts')).toEqual({ line: 4, column: 3 });
    expect(placeOf?.('edge.rate')).toEqual({ line: 3, column: 5 });
    expect(placeOf?.('edge')).toBeUndefined();
  });

  test('a key that is not there has no place', () => {
    expect(yaml.locate?.(text, 'nothing')).toBeUndefined();
    expect(yaml.locate?.('', 'nothing')).toBeUndefined();
    expect(locateYamlNode(text, 'gateway.limit.nothing')).toBeUndefined();
  });

  test('the later document has the place', () => {
    expect(yaml.locate?.('a: 1\nb: 1\n---\na: 2\n', 'a')).toEqual({ line: 4, column: 1 });
    expect(yaml.locate?.('a: 1\nb: 1\n---\na: 2\n', 'b')).toEqual({ line: 2, column: 1 });
    expect(yaml.locate?.('a: 1\nb: 1\n---\na: ~\n', 'a')).toBeUndefined();
  });
});

describe('parseYamlTree', () => {
  test('gives text, null, lists and objects that have no prototype', () => {
    const tree = parseYamlTree('a: [010, ~, {b: yes}]\n__proto__: {x: 1}\n');
    expect(Object.getPrototypeOf(tree)).toBeNull();
    expect(Object.keys(tree)).toEqual(['a', '__proto__']);
    expect(JSON.stringify(tree)).toBe('{"a":["010",null,{"b":"yes"}],"__proto__":{"x":"1"}}');
  });

  test('an empty text is an empty map', () => {
    expect(Object.keys(parseYamlTree('# nothing'))).toEqual([]);
  });

  test('a second document is refused where it begins', () => {
    expect(() => parseYamlTree('a: 1\n---\nb: 2\n')).toThrow(
      'yaml: expected one document, found several (line 3, column 1)',
    );
  });

  test('an alias bomb is refused', () => {
    const rows = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`);
    expect(() => parseYamlTree(['a0: &a0 x', ...rows].join('\n'))).toThrow('grows to more than');
  });
});
