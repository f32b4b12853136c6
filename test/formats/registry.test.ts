import { afterEach, describe, expect, test } from 'vitest';

import { ConfigError, FormatError } from '../../src/core/errors.js';
import type { Format } from '../../src/formats/format.js';
import {
  allFormats,
  asFormat,
  builtInFormats,
  formatForMediaType,
  formatForPath,
  type FormatLike,
  formatNamed,
  registerFormat,
  requireFormatForPath,
} from '../../src/formats/registry.js';

const ini: FormatLike = {
  name: 'ini',
  extensions: ['.ini'],
  mediaTypes: ['text/ini'],
  parse: (text) => Object.fromEntries(text.split('\n').map((line) => line.split('=') as [string, string])),
};

const shared = globalThis as unknown as Record<symbol, Map<string, Format> | undefined>;

afterEach(() => {
  shared[Symbol.for('calumma.formats')]?.clear();
});

function codeOf(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof ConfigError ? error.code : error;
  }
}

describe('finding a format', () => {
  test('the built-in ones are known', () => {
    expect(builtInFormats.map(({ name }) => name)).toEqual(['properties', 'yaml', 'json', 'jsonc', 'dotenv', 'toml']);
    expect(allFormats()).toEqual(builtInFormats);
  });

  test.each([
    ['application.properties', 'properties'],
    ['config/app.yaml', 'yaml'],
    ['config\\app.YML', 'yaml'],
    ['app.json', 'json'],
    ['app.jsonc', 'jsonc'],
    ['app.toml', 'toml'],
    ['.env', 'dotenv'],
    ['/etc/app/.env.local', 'dotenv'],
    ['.env.prod.local', 'dotenv'],
    ['.env.yaml', 'yaml'],
    ['app.env', 'dotenv'],
    ['PROD.ENV', 'dotenv'],
  ])('%s is %s', (path, name) => {
    expect(formatForPath(path)?.name).toBe(name);
    expect(requireFormatForPath(path).name).toBe(name);
  });

  test.each(['app', 'app.txt', 'yaml', 'app.yaml.bak', 'json/app', '.environment', ''])('%j is none', (path) => {
    expect(formatForPath(path)).toBeUndefined();
    expect(codeOf(() => requireFormatForPath(path))).toBe('CALUMMA_UNKNOWN_FORMAT');
  });

  test.each([
    ['application/yaml', 'yaml'],
    ['Text/YAML; charset=utf-8', 'yaml'],
    [' application/x-yaml ;q=1', 'yaml'],
    ['application/vnd.app+yaml', 'yaml'],
    ['application/json', 'json'],
    ['application/problem+json; charset=utf-8', 'json'],
    ['application/toml', 'toml'],
    ['text/x-java-properties', 'properties'],
  ])('%s is %s', (type, name) => {
    expect(formatForMediaType(type)?.name).toBe(name);
  });

  test.each(['text/plain', 'application/octet-stream', '', '+', ';', 'json'])('%j is none', (type) => {
    expect(formatForMediaType(type)).toBeUndefined();
  });

  test('an unknown name is an error that lists the known ones', () => {
    expect(() => formatNamed('xml')).toThrow(
      'no format is called "xml"; known are properties, yaml, json, jsonc, dotenv, toml',
    );
    expect(codeOf(() => formatNamed('xml'))).toBe('CALUMMA_UNKNOWN_FORMAT');
    expect(() => requireFormatForPath('a/b.xml')).toThrow('no format for "b.xml"; known are .properties, .yaml');
  });
});

describe('registering a format', () => {
  test('makes it known by name, extension and media type, for every copy of the package', () => {
    registerFormat(ini);
    expect(formatNamed('ini').parse('a=1\nb=2')).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(formatForPath('APP.INI')?.name).toBe('ini');
    expect(formatForMediaType('text/ini')?.name).toBe('ini');
    expect(shared[Symbol.for('calumma.formats')]?.get('ini')).toBe(formatNamed('ini'));
  });

  test('goes before the built-in formats, and replaces one of the same name', () => {
    registerFormat({ ...ini, extensions: ['.yaml', '.app.json'] });
    expect(formatForPath('a.yaml')?.name).toBe('ini');
    expect(formatForPath('a.app.json')?.name).toBe('ini');
    expect(formatForPath('a.json')?.name).toBe('json');
    registerFormat({ ...ini, name: 'yaml' });
    expect(formatForPath('a.yml')).toBeUndefined();
    expect(allFormats().filter(({ name }) => name === 'yaml')).toHaveLength(1);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'ini'],
    ['no name', { extensions: ['.x'], parse: () => new Map() }],
    ['an empty name', { name: '', extensions: ['.x'], parse: () => new Map() }],
    ['no extensions', { name: 'x', parse: () => new Map() }],
    ['an extension without a dot', { name: 'x', extensions: ['x'], parse: () => new Map() }],
    ['an extension that is no string', { name: 'x', extensions: [1], parse: () => new Map() }],
    ['no parse', { name: 'x', extensions: ['.x'] }],
    ['media types that are no list', { name: 'x', extensions: [], mediaTypes: 'x', parse: () => new Map() }],
    ['a locate that is no function', { name: 'x', extensions: [], locate: 1, parse: () => new Map() }],
  ])('refuses %s', (_name, format) => {
    expect(codeOf(() => registerFormat(format as unknown as FormatLike))).toBe('CALUMMA_OPTION');
    expect(allFormats()).toEqual(builtInFormats);
  });
});

describe('a format of a user', () => {
  const returning = (data: unknown): Format =>
    asFormat({ name: 'own', extensions: [], parse: () => data as Record<string, unknown> });

  test('may return nested data, which is flattened', () => {
    const data = {
      a: { b: [1, 2n, true, 'x,y', null] },
      c: new Map<unknown, unknown>([[1, new Date(0)], ['d', undefined]]),
      e: [],
      f: [{ g: 1.5 }],
    };
    expect(returning(data).parse('')).toEqual(
      new Map([
        ['a.b', '1,2,true,x\\,y'],
        ['a.b[0]', '1'],
        ['a.b[1]', '2'],
        ['a.b[2]', 'true'],
        ['a.b[3]', 'x,y'],
        ['c.1', '1970-01-01T00:00:00.000Z'],
        ['e', ''],
        ['f[0].g', '1.5'],
      ]),
    );
  });

  test('may use any key', () => {
    const data = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as Record<string, unknown>;
    expect([...returning(data).parse('')]).toEqual([
      ['__proto__.x', '1'],
      ['constructor', '2'],
    ]);
  });

  test('returns a map of its own', () => {
    const data = new Map([['a', '1']]);
    expect(returning(data).parse('')).toEqual(data);
    expect(returning(data).parse('')).not.toBe(data);
  });

  test('that returns the same key twice is refused', () => {
    expect(() => returning({ a: { b: 1 }, 'a.b': 2 }).parse('')).toThrow('own: duplicate key "a.b"');
  });

  const circle: Record<string, unknown> = {};
  circle.self = circle;

  test.each([
    ['a string', 'a=1'],
    ['nothing', undefined],
    ['a list', [1]],
    ['a function among the values', { a: () => 1 }],
    ['data that contains itself', circle],
  ])('that returns %s is refused', (_name, data) => {
    expect(codeOf(() => returning(data).parse(''))).toBe('CALUMMA_OPTION');
  });

  test('that throws is a FormatError with the cause, whose message is not repeated', () => {
    const cause = new Error('unexpected token in "password = hunter2"');
    const own = asFormat({
      name: 'own',
      extensions: [],
      parse() {
        throw cause;
      },
    });
    const error: unknown = (() => {
      try {
        return own.parse('');
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ code: 'CALUMMA_FORMAT', format: 'own', problem: 'does not parse', cause });
    expect((error as Error).message).not.toContain('hunter2');
  });

  test('may throw a FormatError of its own, and may be an instance of a class', () => {
    class Own implements FormatLike {
      readonly name = 'own';
      readonly extensions = ['.own'];
      readonly #line = 3;
      parse(): Record<string, string> {
        throw new FormatError('own', 'no', this.#line, 1);
      }
      locate(): { line: number; column: number } {
        return { line: this.#line, column: 1 };
      }
    }
    const own = asFormat(new Own());
    expect(() => own.parse('')).toThrow('own: no (line 3, column 1)');
    expect(own.locate?.('', 'a')).toEqual({ line: 3, column: 1 });
  });

  test('a built-in format is itself', () => {
    for (const format of builtInFormats) expect(asFormat(format)).toBe(format);
  });
});
