import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  bigint,
  boolean,
  bytes,
  date,
  duration,
  elementType,
  enumType,
  href,
  int,
  json,
  jsonType,
  list,
  listType,
  map,
  number,
  oneOf,
  parseRules,
  set,
  string,
} from '../../../src/core/types/index.js';
import type { ElementParser, JsonValue, Rule, Spec, StandardSchema, ValueType } from '../../../src/core/types/index.js';

type Bound<S extends Readonly<Record<string, Spec<unknown>>>> = { readonly [K in keyof S]: S[K]['default'] };

function bind<S extends Readonly<Record<string, Spec<unknown>>>>(specs: S): Bound<S> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default])) as Bound<S>;
}

function getList<T = string>(element?: ElementParser<T>): readonly T[] {
  return listType(elementType(element)).parse('');
}

describe('what TypeScript infers', () => {
  it('gives a scalar spec the type of its values', () => {
    expectTypeOf(string('a')).toEqualTypeOf<Spec<string>>();
    expectTypeOf(boolean(true)).toEqualTypeOf<Spec<boolean>>();
    expectTypeOf(int(1)).toEqualTypeOf<Spec<number>>();
    expectTypeOf(number(1)).toEqualTypeOf<Spec<number>>();
    expectTypeOf(bigint(1n)).toEqualTypeOf<Spec<bigint>>();
    expectTypeOf(duration('2s')).toEqualTypeOf<Spec<number>>();
    expectTypeOf(bytes('2KB')).toEqualTypeOf<Spec<number>>();
    expectTypeOf(date('2024-01-01')).toEqualTypeOf<Spec<Date>>();
    expectTypeOf(href('http://localhost')).toEqualTypeOf<Spec<URL>>();
  });

  it('takes the element type of a collection from its element', () => {
    expectTypeOf(list().default).toEqualTypeOf<readonly string[]>();
    expectTypeOf(list(int).default).toEqualTypeOf<readonly number[]>();
    expectTypeOf(list(date).parse('')).toEqualTypeOf<readonly Date[]>();
    expectTypeOf(list(boolean).parse('')).toEqualTypeOf<readonly boolean[]>();
    expectTypeOf(list(enumType(['a', 'b'])).parse('')).toEqualTypeOf<readonly ('a' | 'b')[]>();
    expectTypeOf(list((text) => ({ host: text })).default).toEqualTypeOf<readonly { host: string }[]>();
    expectTypeOf(list(int, [1, 2]).default).toEqualTypeOf<readonly number[]>();
    expectTypeOf(set(string, ['a']).default).toEqualTypeOf<ReadonlySet<string>>();
    expectTypeOf(set(duration).default).toEqualTypeOf<ReadonlySet<number>>();
    expectTypeOf(map(int, { a: 1 }).default).toEqualTypeOf<ReadonlyMap<string, number>>();
    expectTypeOf(map(href).default).toEqualTypeOf<ReadonlyMap<string, URL>>();
    expectTypeOf(map().default).toEqualTypeOf<ReadonlyMap<string, string>>();
    expectTypeOf(map(Number).default).toEqualTypeOf<ReadonlyMap<string, number>>();
  });

  it('lets an element parser decide what a getter returns', () => {
    expectTypeOf(getList()).toEqualTypeOf<readonly string[]>();
    expectTypeOf(getList(int)).toEqualTypeOf<readonly number[]>();
    expectTypeOf(getList(date)).toEqualTypeOf<readonly Date[]>();
    expectTypeOf(getList(Number)).toEqualTypeOf<readonly number[]>();
  });

  it('keeps the literals of an enum', () => {
    expectTypeOf(oneOf(['a', 'b'], 'a').default).toEqualTypeOf<'a' | 'b'>();
    expectTypeOf(oneOf(['a', 'b']).default).toEqualTypeOf<'a' | 'b' | undefined>();
    expectTypeOf(enumType(['a', 'b'])).toEqualTypeOf<ValueType<'a' | 'b'>>();
    // @ts-expect-error c is not allowed
    oneOf(['a', 'b'], 'c');
  });

  it('takes the type of JSON from its schema', () => {
    const schema = z.object({ max: z.number() });
    expectTypeOf(json(schema, { max: 1 }).default).toEqualTypeOf<{ max: number }>();
    expectTypeOf(json(schema).default).toEqualTypeOf<{ max: number } | undefined>();
    expectTypeOf(json(v.object({ max: v.number() }), { max: 1 }).default).toEqualTypeOf<{ max: number }>();
    expectTypeOf(jsonType(schema)).toEqualTypeOf<ValueType<{ max: number }>>();
    expectTypeOf(json().default).toEqualTypeOf<JsonValue | undefined>();
    expectTypeOf(json(undefined, [1]).default).toEqualTypeOf<JsonValue>();
    expectTypeOf<StandardSchemaV1<unknown, number>>().toExtend<StandardSchema<number>>();
  });

  it('widens the default of a contextual value', () => {
    expectTypeOf(parseRules('5', 100)).toEqualTypeOf<readonly Rule<number>[]>();
    expectTypeOf(parseRules('a', 'b')).toEqualTypeOf<readonly Rule<string>[]>();
    expectTypeOf(parseRules('true', false)).toEqualTypeOf<readonly Rule<boolean>[]>();
  });

  it('binds specs and collections without defaults side by side', () => {
    const limits = bind({ hosts: list(string), rate: int(100), timeout: duration('2s'), mode: oneOf(['fast', 'safe'], 'safe') });
    expectTypeOf(limits).toEqualTypeOf<{
      readonly hosts: readonly string[];
      readonly rate: number;
      readonly timeout: number;
      readonly mode: 'fast' | 'safe';
    }>();
  });
});
