import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.js';
import { customType, date, elementType, int, list, listType, map, mapType, number, set, setType, string } from '../../../src/core/types/index.js';
import { joinItems } from '../../../src/core/types/split.js';

const raw = String.raw;

describe('list', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' ', []],
    [',', []],
    [', ,,', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a,,b', ['a', 'b']],
    ['a,b,', ['a', 'b']],
    [',a', ['a']],
    ['a b, c', ['a b', 'c']],
    ['a\n,\tb', ['a', 'b']],
    ['a,a', ['a', 'a']],
    [raw`a\,b`, ['a,b']],
    [raw`a\,b,c`, ['a,b', 'c']],
    [raw`\,`, [',']],
    [raw`a\\,b`, ['a\\', 'b']],
    [raw`a\\\,b`, [raw`a\,b`]],
    [raw`\\`, ['\\']],
    [raw`C:\logs,D:\tmp`, [raw`C:\logs`, raw`D:\tmp`]],
    ['a\\', ['a\\']],
    [raw`a=\=b`, [raw`a=\=b`]],
    [raw`\ a\ ,b`, [' a ', 'b']],
    [raw`\ `, [' ']],
    [raw` \  `, [' ']],
    ['"a,b"', ['"a', 'b"']],
    ["'a'", ["'a'"]],
    ['[a,b]', ['[a', 'b]']],
    ['a;b', ['a;b']],
    ['\u00a0a\u2003,b', ['a', 'b']],
  ])('reads %j as %j', (text, items) => {
    expect(list().parse(text)).toEqual(items);
  });

  it('reads each item as its element says', () => {
    expect(list(int).parse(' 1 , 2,,3 ')).toEqual([1, 2, 3]);
    expect(list(Number).parse('1.5,0x10')).toEqual([1.5, 16]);
    expect(list((text) => text.toUpperCase()).parse('a,b')).toEqual(['A', 'B']);
  });

  it('refuses the whole text for one bad item, and says which', () => {
    expect(() => list(int).parse('1,x,3')).toThrow('expected comma-separated items, each an integer: item 2 is not');
    expect(() => list(Number).parse('1,x')).toThrow(ConfigError);
    expect(() => list((text) => new Date(text)).parse('soon')).toThrow(ConfigError);
  });

  it('keeps the error of an element as the cause', () => {
    const boom = new Error('no such host');
    const failing = (): never => {
      throw boom;
    };
    expect(() => list(failing).parse('a')).toThrow(expect.objectContaining({ cause: boom }) as Error);
  });

  it('is frozen, as a value and as a default', () => {
    const given = [1, 2];
    const spec = list(int, given);
    given.push(3);
    expect(spec.default).toEqual([1, 2]);
    expect(Object.isFrozen(spec.default)).toBe(true);
    expect(Object.isFrozen(spec.parse('1'))).toBe(true);
  });

  it('is the same when every item is', () => {
    const dates = listType(date);
    expect(dates.equals(dates.parse('1,2'), dates.parse('1,2'))).toBe(true);
    expect(dates.equals(dates.parse('1,2'), dates.parse('2,1'))).toBe(false);
    expect(dates.equals(dates.parse('1'), dates.parse('1,2'))).toBe(false);
  });

  it('reads back what joinItems wrote', () => {
    const unit = fc.constantFrom('a', ',', '\\', ' ', '=', '"', '\n');
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ minLength: 1, unit }), fc.string({ minLength: 1, unit: 'binary' }))), (items) => {
        expect(list().parse(joinItems(items))).toEqual(items);
      }),
    );
  });
});

describe('set', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['b,a', ['b', 'a']],
    ['a,b,a', ['a', 'b']],
    [' a ,a', ['a']],
    [raw`a\,b,a\,b`, ['a,b']],
  ])('reads %j as %j, in that order', (text, members) => {
    expect([...set().parse(text)]).toEqual(members);
  });

  it('counts values, not spellings', () => {
    expect([...set(int).parse('1,01,+1')]).toEqual([1]);
  });

  it('is the same in any order', () => {
    const ints = setType(int);
    expect(ints.equals(new Set([1, 2]), new Set([2, 1]))).toBe(true);
    expect(ints.equals(new Set([1, 2]), new Set([1, 3]))).toBe(false);
    expect(ints.equals(new Set([1]), new Set([1, 2]))).toBe(false);
    const dates = setType(date);
    expect(dates.equals(dates.parse('1,2'), dates.parse('2,1'))).toBe(true);
    expect(dates.equals(dates.parse('1,2'), dates.parse('3,1'))).toBe(false);
  });

  it('takes a default as a list or a set', () => {
    expect(set(string, ['a', 'a']).default).toEqual(new Set(['a']));
    expect(set(int, new Set([1])).default).toEqual(new Set([1]));
    expect(set(int).default).toEqual(new Set());
  });
});

describe('map', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    [' , ', []],
    ['a=1', [['a', '1']]],
    ['a=1,b=2', [['a', '1'], ['b', '2']]],
    [' a = 1 , b = 2 ', [['a', '1'], ['b', '2']]],
    ['b=2,a=1', [['b', '2'], ['a', '1']]],
    ['a=', [['a', '']]],
    ['a= ', [['a', '']]],
    ['a=1=2', [['a', '1=2']]],
    ['a==', [['a', '=']]],
    ['a=1,a=2', [['a', '2']]],
    [raw`a=1\,2`, [['a', '1,2']]],
    [raw`a\=b=c`, [['a=b', 'c']]],
    [raw`a=b\=c`, [['a', 'b=c']]],
    [raw`a\\=b`, [['a\\', 'b']]],
    [raw`a=\ b\ `, [['a', ' b ']]],
    [raw`a=C:\logs`, [['a', raw`C:\logs`]]],
    ['a b=c d', [['a b', 'c d']]],
    ['__proto__=1,constructor=2', [['__proto__', '1'], ['constructor', '2']]],
    ['url=http://h/?a=b', [['url', 'http://h/?a=b']]],
  ])('reads %j as %j', (text, pairs) => {
    expect([...map().parse(text)]).toEqual(pairs);
  });

  it.each(['a', 'a=1,b', '=1', ' =1', 'a=1,=', raw`a\=1`, '='])('refuses %j', (text) => {
    expect(() => map().parse(text)).toThrow(/expected comma-separated key=value pairs.*item \d is no key=value/);
  });

  it('reads each value as its element says', () => {
    expect(map(number).parse('a=1.5,b=2')).toEqual(new Map([['a', 1.5], ['b', 2]]));
    expect(() => map(int).parse('a=1,b=')).toThrow('item 2 is not');
  });

  it('is the same in any order', () => {
    const ints = mapType(int);
    expect(ints.equals(ints.parse('a=1,b=2'), ints.parse('b=2,a=1'))).toBe(true);
    expect(ints.equals(ints.parse('a=1'), ints.parse('a=2'))).toBe(false);
    expect(ints.equals(ints.parse('a=1'), ints.parse('b=1'))).toBe(false);
    expect(ints.equals(ints.parse('a=1'), ints.parse('a=1,b=2'))).toBe(false);
  });

  it('takes a default as an object or a map, and copies it', () => {
    const given = new Map([['a', 1]]);
    const spec = map(int, given);
    given.set('b', 2);
    expect(spec.default).toEqual(new Map([['a', 1]]));
    expect(map(int, { a: 1 }).default).toEqual(new Map([['a', 1]]));
    expect(map().default).toEqual(new Map());
  });
});

describe('collections', () => {
  it('are type and spec at once', () => {
    const hosts = list(string);
    expect(hosts).toMatchObject({ id: 'list<string>', expected: 'comma-separated items, each a text', default: [] });
    expect(hosts.type.parse('a,b')).toEqual(['a', 'b']);
    expect([set(int).id, map(int).id, list(list(int)).id]).toEqual(['set<int>', 'map<int>', 'list<list<int>>']);
  });

  it('tell element functions apart by identity', () => {
    const parse = (text: string): number => text.length;
    expect(list(parse).id).toBe(list(parse).id);
    expect(list(parse).id).not.toBe(list((text) => text.length).id);
  });

  it('compare what functions made by content', () => {
    const hosts = customType((text) => ({ host: text }));
    expect(hosts.equals(hosts.parse('a'), hosts.parse('a'))).toBe(true);
    expect(hosts.equals(hosts.parse('a'), hosts.parse('b'))).toBe(false);
  });

  it('take a class with a static parse for the function it is', () => {
    expect(elementType(int)).toBe(int);
    expect(elementType(undefined)).toBe(string);
    expect(typeof elementType(Date).parse('0')).toBe('string');
  });

  it('throw nothing but ConfigErrors, whatever the text', () => {
    const unit = fc.constantFrom('a', '1', ',', '=', '\\', ' ', '"');
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        for (const type of [list(), list(int), set(), map(), map(int)]) {
          try {
            type.parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        }
      }),
    );
  });

  it.each([',', '\\', 'a', ' ', '=', 'a,', 'a=1,', '\\,', '\\ ', ' ,', '\\='])('read 100 kB of %j in no time', (part) => {
    const text = part.repeat(Math.ceil(100_000 / part.length));
    const before = performance.now();
    list().parse(text);
    set().parse(text);
    try {
      map().parse(`${text}x`);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
    }
    joinItems([text]);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
