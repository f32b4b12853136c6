import { optionError } from '../check.js';
import { refusal, typeSpec } from './builder.js';
import type { TypeSpec } from './builder.js';
import { elementType } from './custom.js';
import { splitItems, splitPairs } from './split.js';
import type { ElementParser, ValueType } from './type.js';

/** Items between commas, as a frozen array. Empty text: an empty list. One bad item refuses the whole text. */
export function listType<T>(element: ValueType<T>): ValueType<readonly T[]> {
  const expected = `comma-separated items, each ${element.expected}`;
  return {
    id: `list<${element.id}>`,
    expected,
    parse: (text) => {
      const items = splitItems(text);
      return Object.freeze(items.map((item, index) => parsePart(element, item, expected, `item ${index + 1}`)));
    },
    equals: (a, b) => a.length === b.length && a.every((item, index) => element.equals(item, b[index] as T)),
  };
}

/** Items between commas, each once, in the order they first stand in. Sets of the same members are the same, in any order. */
export function setType<T>(element: ValueType<T>): ValueType<ReadonlySet<T>> {
  const expected = `comma-separated items, each ${element.expected}`;
  return {
    id: `set<${element.id}>`,
    expected,
    parse: (text) => {
      const items = [...new Set(splitItems(text))];
      return new Set(items.map((item, index) => parsePart(element, item, expected, `item ${index + 1}`)));
    },
    equals: (a, b) => {
      if (a.size !== b.size) return false;
      const others = [...b];
      const isIn = (item: T): boolean => b.has(item) || others.some((other) => element.equals(item, other));
      return [...a].every((item, index) => element.equals(item, others[index] as T) || isIn(item));
    },
  };
}

/**
 * `a=1,b=2` as a Map: `a=1=2` gives a the value `1=2`, `a=` gives it the empty text, an `a` alone is an error, and the last of
 * two values for one key counts.
 */
export function mapType<T>(element: ValueType<T>): ValueType<ReadonlyMap<string, T>> {
  const expected = `comma-separated key=value pairs, each value ${element.expected}`;
  return {
    id: `map<${element.id}>`,
    expected,
    parse: (text) =>
      new Map(
        splitPairs(text).map((pair, index) => {
          if (pair === undefined) throw refusal(expected, `item ${index + 1} is no key=value`);
          return [pair[0], parsePart(element, pair[1], expected, `item ${index + 1}`)];
        }),
      ),
    equals: (a, b) => a.size === b.size && [...a].every(([key, value]) => b.has(key) && element.equals(value, b.get(key) as T)),
  };
}

/** A frozen copy, so that nobody moves a default by its array. */
export function listDefault<T>(value: readonly T[] = []): readonly T[] {
  checkDefault(Array.isArray(value), 'an array', value);
  return Object.freeze([...value]);
}

export function setDefault<T>(value: Iterable<T> = []): ReadonlySet<T> {
  checkDefault(typeof value === 'object' && Symbol.iterator in value, 'a Set or an array', value);
  return new Set(value);
}

export function mapDefault<T>(value: ReadonlyMap<string, T> | Readonly<Record<string, T>> = {}): ReadonlyMap<string, T> {
  checkDefault(typeof value === 'object' && !Array.isArray(value), 'a Map or an object', value);
  return new Map(isMap(value) ? value : Object.entries(value));
}

/**
 * A list, as a type or as `bind` takes it.
 *
 * @param element Default: string.
 * @param defaultValue Default: the empty list.
 * @example
 * list();                       // strings
 * list(int, [1, 2]);
 * list((text) => new Host(text));
 */
export function list(): TypeSpec<readonly string[]>;
export function list<T>(element: ElementParser<T>, defaultValue?: readonly NoInfer<T>[]): TypeSpec<readonly T[]>;
export function list<T>(element?: ElementParser<T>, defaultValue?: readonly T[]): TypeSpec<readonly T[]> {
  return typeSpec(listType(elementType(element)), listDefault(defaultValue));
}

/** A set; see {@link list}. @example set(string, ['a', 'b']); */
export function set(): TypeSpec<ReadonlySet<string>>;
export function set<T>(element: ElementParser<T>, defaultValue?: Iterable<NoInfer<T>>): TypeSpec<ReadonlySet<T>>;
export function set<T>(element?: ElementParser<T>, defaultValue?: Iterable<T>): TypeSpec<ReadonlySet<T>> {
  return typeSpec(setType(elementType(element)), setDefault(defaultValue));
}

type MapDefault<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>;

/** A map from strings; see {@link list}. @example map(int, { a: 1 }); */
export function map(): TypeSpec<ReadonlyMap<string, string>>;
export function map<T>(element: ElementParser<T>, defaultValue?: MapDefault<NoInfer<T>>): TypeSpec<ReadonlyMap<string, T>>;
export function map<T>(element?: ElementParser<T>, defaultValue?: MapDefault<T>): TypeSpec<ReadonlyMap<string, T>> {
  return typeSpec(mapType(elementType(element)), mapDefault(defaultValue));
}

function parsePart<T>(element: ValueType<T>, text: string, expected: string, where: string): T {
  try {
    return element.parse(text);
  } catch (cause) {
    throw refusal(expected, `${where} is not`, cause);
  }
}

function checkDefault(fits: boolean, expected: string, value: unknown): void {
  if (!fits || value === null) throw optionError('the default', expected, value);
}

function isMap<T>(value: MapDefault<T>): value is ReadonlyMap<string, T> {
  return value instanceof Map;
}
