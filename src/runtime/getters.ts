import { checkString, optionError, wrongOption } from '../core/check.js';
import {
  bigint, boolean, bytes, bytesDefault, date, dateDefault, duration, durationDefault, elementType, enumType,
  href, hrefDefault, int, jsonType, listDefault, listType, mapDefault, mapType, number, setDefault, setType, string,
  type ElementParser, type JsonValue, type StandardSchema, type ValueType,
} from '../core/types/index.js';
import type { DynamicProperty } from './api.js';
import { isSchema } from './schema.js';
import { chain } from './live-property.js';

type StringRecord<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>;

/**
 * One getter a type. Each gives the live property of a key: the same object for the same name, type and default.
 *
 * All of them throw ConfigError `CALUMMA_OPTION` when the name is no string or the default is not of the type; what
 * stands in the configuration never makes them throw.
 */
export abstract class TypedGetters {
  /** The property behind every getter. */
  protected abstract typed<T>(name: string, type: ValueType<T>, defaultValue: T): DynamicProperty<T>;

  /** The text itself, blanks and all. @example config.getStringProperty('some.property', 'default').get() */
  getStringProperty(name: string, defaultValue: string): DynamicProperty<string> {
    return this.typed(name, string, defaultValue);
  }

  /** `true yes on t y 1` or `false no off f n 0`, any case. */
  getBooleanProperty(name: string, defaultValue: boolean): DynamicProperty<boolean> {
    return this.typed(name, boolean, defaultValue);
  }

  /** A safe integer. */
  getIntProperty(name: string, defaultValue: number): DynamicProperty<number> {
    return this.typed(name, int, defaultValue);
  }

  /** A finite decimal number. */
  getNumberProperty(name: string, defaultValue: number): DynamicProperty<number> {
    return this.typed(name, number, defaultValue);
  }

  getBigIntProperty(name: string, defaultValue: bigint): DynamicProperty<bigint> {
    return this.typed(name, bigint, defaultValue);
  }

  /**
   * Milliseconds: `500ms 10s 5m 2h 1d`, ISO 8601 `PT10S`, a bare number is ms.
   *
   * @param defaultValue ms, or a text such as `'2s'`
   */
  getDurationProperty(name: string, defaultValue: number | string): DynamicProperty<number> {
    return this.typed(name, duration, durationDefault(defaultValue));
  }

  /**
   * Bytes: `512 10KB 10MiB`, K = 1024.
   *
   * @param defaultValue bytes, or a text such as `'10MB'`
   */
  getBytesProperty(name: string, defaultValue: number | string): DynamicProperty<number> {
    return this.typed(name, bytes, bytesDefault(defaultValue));
  }

  /** ISO 8601, or ms since 1970. */
  getDateProperty(name: string, defaultValue: Date | string): DynamicProperty<Date> {
    expectDefault(name, typeof defaultValue === 'string' || defaultValue instanceof Date, 'a Date, or its text,', defaultValue);
    return this.typed(name, date, dateDefault(defaultValue));
  }

  /** An absolute URL. */
  getUrlProperty(name: string, defaultValue: URL | string): DynamicProperty<URL> {
    expectDefault(name, typeof defaultValue === 'string' || defaultValue instanceof URL, 'a URL', defaultValue);
    return this.typed(name, href, hrefDefault(defaultValue));
  }

  /** One of a few texts. @example config.getEnumProperty('balancing', ['random', 'round-robin'], 'random') */
  getEnumProperty<const A extends string>(name: string, allowed: readonly A[], defaultValue: NoInfer<A>): DynamicProperty<A> {
    if (!isTexts(allowed)) throw optionError(`getEnumProperty(${JSON.stringify(name)})`, 'a list of the allowed texts', allowed);
    return this.typed(name, enumType(allowed), defaultValue);
  }

  /** Items between commas, as a frozen array; `\,` is a comma inside an item. @param element Default: string. */
  getListProperty(name: string, defaultValue: readonly string[]): DynamicProperty<readonly string[]>;
  getListProperty<T>(name: string, defaultValue: readonly NoInfer<T>[], element: ElementParser<T>): DynamicProperty<readonly T[]>;
  getListProperty<T>(name: string, defaultValue: readonly T[], element?: ElementParser<T>): DynamicProperty<readonly T[]> {
    expectDefault(name, Array.isArray(defaultValue), 'an array', defaultValue);
    return this.typed(name, listType(parserOf(name, element)), listDefault(defaultValue));
  }

  /** As a list, each item once. @param element Default: string. */
  getSetProperty(name: string, defaultValue: Iterable<string>): DynamicProperty<ReadonlySet<string>>;
  getSetProperty<T>(name: string, defaultValue: Iterable<NoInfer<T>>, element: ElementParser<T>): DynamicProperty<ReadonlySet<T>>;
  getSetProperty<T>(name: string, defaultValue: Iterable<T>, element?: ElementParser<T>): DynamicProperty<ReadonlySet<T>> {
    expectDefault(name, isObject(defaultValue) && Symbol.iterator in defaultValue, 'a Set or an array', defaultValue);
    return this.typed(name, setType(parserOf(name, element)), setDefault(defaultValue));
  }

  /** `a=1,b=2`; the first `=` divides. @param element Default: string. */
  getMapProperty(name: string, defaultValue: StringRecord<string>): DynamicProperty<ReadonlyMap<string, string>>;
  getMapProperty<T>(name: string, defaultValue: StringRecord<NoInfer<T>>, element: ElementParser<T>): DynamicProperty<ReadonlyMap<string, T>>;
  getMapProperty<T>(name: string, defaultValue: StringRecord<T>, element?: ElementParser<T>): DynamicProperty<ReadonlyMap<string, T>> {
    expectDefault(name, isObject(defaultValue) && !Array.isArray(defaultValue), 'a Map or an object', defaultValue);
    return this.typed(name, mapType(parserOf(name, element)), mapDefault(defaultValue));
  }

  /** JSON, checked by any Standard Schema (zod, valibot, arktype, …) where one is given. The value is deeply frozen. */
  getJsonProperty(name: string, schema: undefined, defaultValue: JsonValue): DynamicProperty<JsonValue>;
  getJsonProperty<T>(name: string, schema: StandardSchema<T>, defaultValue: NoInfer<T>): DynamicProperty<T>;
  getJsonProperty<T>(name: string, schema: StandardSchema<T> | undefined, defaultValue: T): DynamicProperty<T> {
    const given: unknown = schema;
    if (given !== undefined && !isSchema(given)) throw optionError(`getJsonProperty(${JSON.stringify(name)})`, 'a Standard Schema, or undefined', given);
    return this.typed(name, jsonType(schema), defaultValue);
  }

  /**
   * Any type of your own. Keep `parse` outside the call, so that the next call finds the same property.
   *
   * @param parse a throw keeps the last good value
   * @example config.getProperty('allowed', (text) => new RegExp(text), /^$/)
   */
  getProperty<T>(name: string, parse: ElementParser<T>, defaultValue: T): DynamicProperty<T> {
    return this.typed(name, parserOf(name, parse), defaultValue);
  }

  /** The first of these that is set, live; if none is, the last one's default. */
  getChainedProperty<T>(properties: readonly DynamicProperty<T>[]): DynamicProperty<T> {
    if (!Array.isArray(properties)) throw optionError('getChainedProperty(properties)', 'a list of properties', properties);
    return chain(properties);
  }
}

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  int: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === 'number',
  bigint: (value) => typeof value === 'bigint',
  duration: (value) => typeof value === 'number' && value >= 0,
  bytes: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  date: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
};

/** @throws ConfigError CALUMMA_OPTION */
export function checkGetter(name: unknown, type: ValueType<unknown>, defaultValue: unknown): void {
  checkString('the name of a property', name);
  if (defaultValue === undefined || defaultValue === null) return;
  if (kinds[type.id]?.(defaultValue) === false || (type.id.startsWith('enum<') && !parses(type, defaultValue))) {
    throw wrongOption(name, `${type.expected} as default`, defaultValue);
  }
}

function parses(type: ValueType<unknown>, text: unknown): boolean {
  try {
    return typeof text === 'string' && type.parse(text) === text;
  } catch {
    return false;
  }
}

/** @throws ConfigError CALUMMA_OPTION */
function parserOf<T>(name: string, parser: ElementParser<T> | undefined): ValueType<T> {
  const given: unknown = parser;
  const isParser = typeof given === 'function' || (isObject(given) && 'parse' in given && 'equals' in given);
  if (given === undefined || isParser) return elementType(parser);
  throw optionError(`the parser of ${JSON.stringify(name)}`, 'a function, or a type such as int', given);
}

function expectDefault(name: string, fits: boolean, expected: string, found: unknown): void {
  if (!fits && found !== undefined) throw wrongOption(name, `${expected} as default`, found);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
