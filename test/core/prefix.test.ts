import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAtOrUnder, isUnder, join, normalizePrefix, prefixesOf, strip, under } from '../../src/core/prefix.js';

const key = fc.array(fc.constantFrom('a', 'b', '.', '[', '0', ']', '__proto__'), { maxLength: 8 }).map((parts) => parts.join(''));

describe('what lies below a prefix', () => {
  it.each<[string, string, boolean]>([
    ['gateway.limit', 'gateway', true],
    ['gateway.limit', 'gateway.', true],
    ['gateway[0]', 'gateway', true],
    ['gateway[0].host', 'gateway.', true],
    ['gateway.routes[0].host', 'gateway.routes', true],
    ['gateway.routes[0].host', 'gateway.routes[0]', true],
    ['gateway', 'gateway', false],
    ['gateways.limit', 'gateway', false],
    ['gateway-limit', 'gateway', false],
    ['Gateway.limit', 'gateway', false],
    ['my.gateway.limit', 'gateway', false],
    ['anything', '', true],
    ['', '', true],
    ['anything', '.', true],
    ['', 'gateway', false],
    ['__proto__.a', '__proto__', true],
  ])('%j below %j: %s', (name, prefix, expected) => {
    expect(isUnder(name, prefix)).toBe(expected);
    expect(under(prefix)(name)).toBe(expected);
  });

  it('lists the key equal to the prefix too', () => {
    expect(isAtOrUnder('gateway', 'gateway')).toBe(true);
    expect(isAtOrUnder('gateway', 'gateway.')).toBe(true);
    expect(isAtOrUnder('gateway.limit', 'gateway')).toBe(true);
    expect(isAtOrUnder('gateways', 'gateway')).toBe(false);
    expect(isAtOrUnder('gateways', '')).toBe(true);
  });
});

describe('names below a prefix', () => {
  it.each([
    ['gateway.limit', 'gateway', 'limit'],
    ['gateway.limit', 'gateway.', 'limit'],
    ['gateway[0].host', 'gateway', '[0].host'],
    ['gateway', 'gateway', ''],
    ['gateway.limit', '', 'gateway.limit'],
    ['gateway.', 'gateway', '.'],
    ['gateway.[0]', 'gateway', '.[0]'],
    ['gateway..a', 'gateway', '..a'],
  ])('%j below %j is %j, and back', (full, prefix, name) => {
    expect(strip(full, prefix)).toBe(name);
    expect(join(prefix, name)).toBe(full);
  });

  it('leaves a key alone that is not below the prefix', () => {
    expect(strip('gateways.limit', 'gateway')).toBe('gateways.limit');
  });

  it('joins what it stripped', () => {
    fc.assert(
      fc.property(key, key, (full, prefix) => {
        fc.pre(isAtOrUnder(full, prefix));
        expect(join(prefix, strip(full, prefix))).toBe(full);
      }),
    );
  });

  it('nests: a view of a view is a view', () => {
    expect(join(join('a', 'b.'), 'c')).toBe('a.b.c');
    expect(join(join('a.', '[0]'), 'c')).toBe('a[0].c');
    expect(join('a', '')).toBe('a');
  });
});

describe('prefixesOf', () => {
  it.each([
    ['a.b.c', ['a', 'a.b']],
    ['a', []],
    ['', []],
    ['a[0].b', ['a', 'a[0]']],
    ['a[0][1]', ['a', 'a[0]']],
    ['a..b', ['a']],
    ['.a', []],
  ])('of %j are %j', (name, expected) => {
    expect(prefixesOf(name)).toEqual(expected);
  });

  it('finds exactly the prefixes that a key lies below', () => {
    fc.assert(
      fc.property(key, key, (name, prefix) => {
        const normal = normalizePrefix(prefix);
        fc.pre(normal !== '');
        expect(prefixesOf(name).includes(normal)).toBe(isUnder(name, prefix));
      }),
    );
    fc.assert(
      fc.property(key, (name) => {
        for (const prefix of prefixesOf(name)) expect(isUnder(name, prefix)).toBe(true);
      }),
    );
  });
});
