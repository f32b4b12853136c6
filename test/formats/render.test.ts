import { execFileSync } from 'node:child_process';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { load } from 'js-yaml';

import { dotenv } from '../../src/formats/dotenv.js';
import { json } from '../../src/formats/json.js';
import { properties } from '../../src/formats/properties.js';
import { environmentOf } from '../../src/formats/render/environment.js';
import { render, type RenderFormat, renderFormats } from '../../src/formats/render/render.js';
import { yaml } from '../../src/formats/yaml.js';
import { env } from '../../src/index.js';

const nasty = ' \t\n\r\f\\=:#!aé\0\u2028\u0085\ufeff\uffff\ud83d\ude00\'"`$&*|>%@?-{}[],~.0123eExy_<'.split('');
const words = ['', 'null', '~', 'true', 'No', 'on', 'y', '010', '1e3', '0x1f', '1_000', '.inf', '.NaN', '2026-11-27', '12:30:45', '=', '<<', '- a', 'a: b', 'a #b', '# a', '---', '...', '!!int 1', '&a', '*a', "it's", '__proto__', 'constructor', 'http://h:80/p', 'a:', 'a b '];
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...nasty) }), fc.constantFrom(...words));
const entries = fc.array(fc.tuple(text, text), { maxLength: 6 });

describe('what is rendered reads back the same', () => {
  it.each([['properties', properties], ['json', json], ['yaml', yaml]] as const)('as %s', (format, reader) => {
    fc.assert(
      fc.property(entries, (given) => {
        expect(reader.parse(render(given, format))).toEqual(new Map(given));
      }),
      { numRuns: 2_000 },
    );
  });

  it('as yaml to another reader, which finds nothing but texts', () => {
    const given = words.map((word, at) => [`k${at}`, word] as const);
    expect(load(render(given, 'yaml'))).toEqual(Object.fromEntries(given));
    const turned = words.filter((word) => word !== '__proto__').map((word, at) => [word, `v${at}`] as const);
    expect(load(render(turned, 'yaml'))).toEqual(Object.fromEntries(turned));
  });

  it('also keys that are longer than YAML lets a key be on its line', () => {
    const given = new Map([['k'.repeat(5_000), 'v'], ['é "'.repeat(5_000), 'w']]);
    expect(yaml.parse(render(given, 'yaml'))).toEqual(given);
  });
});

// What dotenv and the shell agree on: no CR, which dotenv turns into LF, and not both kinds of quotes.
const agreed = fc.string({ unit: fc.constantFrom(...nasty.filter((unit) => !'\0\r'.includes(unit) && !/[\ud800-\udfff]/.test(unit)), '😀') });
const variables = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/).map((name) => `X_${name}`), agreed), { selector: ([name]) => name, maxLength: 6 });

describe('env', () => {
  it('reads back the same by dotenv, unless a value has both kinds of quotes, or ends with a backslash', () => {
    fc.assert(
      fc.property(variables, (given) => {
        const readable = given.filter(([, value]) => !(value.includes("'") && /["$`\\]/.test(value)) && !value.endsWith('\\'));
        expect(dotenv.parse(render(readable, 'env'))).toEqual(new Map(readable));
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads back the same by a shell, which runs nothing of it', () => {
    fc.assert(
      fc.property(variables, (given) => {
        expect(bySh(render(given, 'env'), given.map(([name]) => name))).toEqual(new Map(given));
      }),
      { numRuns: 25 },
    );
    expect(bySh(render({ a: '$(exit 3) `exit 3` "\'' }, 'env'), ['A'])).toEqual(new Map([['A', '$(exit 3) `exit 3` "\'']]));
  });

  it('has names that env() answers the same keys by', () => {
    const given = new Map([['gateway.limit', '50'], ['a-b.c[0]', 'x y'], ['straße', '1'], ['A_b', '2']]);
    const layer = env({ environment: Object.fromEntries(environmentOf(given)) });
    const { entries: variables } = layer.readNow!() as { entries: ReadonlyMap<string, string> };
    for (const [key, value] of given) expect(variables.get(layer.spelling!(key, variables)!)).toBe(value);
  });

  it('says which keys would be one variable, all of them; equal values are no quarrel', () => {
    expect(render({ 'a.b': '1', A_B: '1' }, 'env')).toBe('A_B=1\n');
    expect(() => render({ 'a.b': '1', 'a-b': '2', c: '1', C: '2' }, 'env')).toThrow(
      expect.objectContaining({ code: 'CALUMMA_COLLISION', message: 'in the environment, "a.b" and "a-b" are both A_B; "c" and "C" are both C' }),
    );
    expect(() => render({ '': '1', nul: '\0' }, 'env')).toThrow(expect.objectContaining({ code: 'CALUMMA_OPTION', message: expect.stringContaining('"", "nul"') as string }));
  });
});

describe('typed', () => {
  it.each([
    [{ 'a.b': '1', 'a.list[0]': 'true', 'a.list[1]': 'x', 'a.list': 'true,x' }, { a: { b: 1, list: [true, 'x'] } }],
    [{ n: '-1.5', big: '9007199254740993', oct: '010', exp: '1e3', zero: '-0', nan: 'NaN', inf: 'Infinity', empty: '', yes: 'yes' }, { n: -1.5, big: '9007199254740993', oct: '010', exp: '1e3', zero: '-0', nan: 'NaN', inf: 'Infinity', empty: '', yes: 'yes' }],
    [{ a: '1', 'a.b': '2' }, { a: { b: 2 } }],
    [{}, {}],
  ])('%j is %j', (given, tree) => {
    expect(JSON.parse(render(given as Record<string, string>, 'typed'))).toEqual(tree);
  });

  it('keeps keys that a plain object would lose, and flat ones that are too deep for a tree', () => {
    expect(render([['__proto__.x', '1']], 'typed')).toBe('{\n  "__proto__": {\n    "x": 1\n  }\n}\n');
    expect(Object.keys(JSON.parse(render([['.a'.repeat(100_000), '1']], 'typed')) as object)[0]).toHaveLength(200_000);
  });
});

it.each(renderFormats)('nothing at all is a %s text that says so', (format) => {
  expect(render([], format)).toBe(['json', 'typed', 'yaml'].includes(format) ? '{}\n' : '');
});

it('of two entries with one key the last counts, and what is no format or no entries is refused', () => {
  expect(render([['a', '1'], ['a', '2']], 'json')).toBe('{\n  "a": "2"\n}\n');
  expect(() => render({}, 'toml' as RenderFormat)).toThrow('render: expected properties, env, json, typed, yaml, found "toml"');
  expect(() => render({}, 'toString' as RenderFormat)).toThrow(expect.objectContaining({ code: 'CALUMMA_UNKNOWN_FORMAT' }));
  expect(() => render({ a: null } as never, 'json')).toThrow(expect.objectContaining({ code: 'CALUMMA_OPTION' }));
});

function bySh(assignments: string, names: readonly string[]): Map<string, string> {
  const script = `set -eu\n${assignments}\n${names.map((name) => `printf '%s=%s\\0' ${name} "$${name}"`).join('\n')}\n`;
  const out = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  return new Map(out.split('\0').slice(0, -1).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
