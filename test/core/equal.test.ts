import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual } from '../../src/core/equal.js';

class Hidden {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get(): number {
    return this.#value;
  }
}

const ring = (value: number): unknown => {
  const self: Record<string, unknown> = { value };
  self.self = self;
  return self;
};

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 1);
const one = new Hidden(1);

describe('deepEqual', () => {
  it.each<[string, unknown, unknown]>([
    ['equal texts', 'a', 'a'],
    ['NaN and NaN', NaN, NaN],
    ['0 and -0', 0, -0],
    ['bigints', 1n, 1n],
    ['arrays', [1, [2]], [1, [2]]],
    ['objects in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['objects without prototype', Object.create(null), Object.create(null)],
    ['own __proto__ keys', JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
    ['maps', new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])],
    ['sets in another order', new Set([1, 2]), new Set([2, 1])],
    ['sets of objects in the same order', new Set([{ a: 1 }]), new Set([{ a: 1 }])],
    ['dates', new Date(1), new Date(1)],
    ['invalid dates', new Date(NaN), new Date(NaN)],
    ['URLs', new URL('http://a/'), new URL('http://a')],
    ['regular expressions', /a/g, /a/g],
    ['byte arrays', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    ['values that contain themselves', ring(1), ring(1)],
    ['deep values', nested(50_000), nested(50_000)],
    ['an instance and itself', one, one],
  ])('finds %s the same', (_name, a, b) => {
    expect(deepEqual(a, b)).toBe(true);
    expect(deepEqual(b, a)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['1 and "1"', 1, '1'],
    ['null and undefined', null, undefined],
    ['null and an object', null, {}],
    ['arrays of other lengths', [1], [1, 2]],
    ['an array and an object', [], {}],
    ['an undefined and a missing key', { a: undefined }, { b: undefined }],
    ['an own __proto__ and none', JSON.parse('{"__proto__":{}}'), { a: {} }],
    ['maps with other values', new Map([['a', 1]]), new Map([['a', 2]])],
    ['maps with other keys', new Map([['a', 1]]), new Map([['b', 1]])],
    ['maps of other sizes', new Map([['a', 1]]), new Map()],
    ['sets of other sizes', new Set([1]), new Set()],
    ['sets of other members', new Set([1]), new Set([2])],
    ['dates', new Date(1), new Date(2)],
    ['URLs', new URL('http://a'), new URL('http://b')],
    ['regular expressions', /a/g, /a/i],
    ['byte arrays', Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
    ['instances whose content cannot be seen', new Hidden(1), new Hidden(1)],
    ['values that contain themselves', ring(1), ring(2)],
    ['functions', () => 1, () => 1],
  ])('tells %s apart', (_name, a, b) => {
    expect(deepEqual(a, b)).toBe(false);
    expect(deepEqual(b, a)).toBe(false);
  });

  it('agrees with the text of JSON values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(deepEqual(a, structuredClone(a))).toBe(true);
        if (deepEqual(a, b)) expect(b).toEqual(a);
      }),
    );
  });
});
