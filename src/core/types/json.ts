import { deepEqual } from '../equal.js';
import { refusal, typeSpec } from './builder.js';
import type { TypeSpec } from './builder.js';
import { identityOf } from './identity.js';
import { validate } from './schema.js';
import type { StandardSchema } from './schema.js';
import type { ValueType } from './type.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** JSON, checked by a Standard Schema where one is given. Values are frozen through and through. */
export function jsonType(schema?: undefined): ValueType<JsonValue>;
export function jsonType<T>(schema: StandardSchema<T> | undefined): ValueType<T>;
export function jsonType<T>(schema?: StandardSchema<T>): ValueType<T> {
  if (schema === undefined) {
    return { id: 'json', expected: 'JSON', parse: (text) => deepFreeze(parseJson(text)) as T, equals: deepEqual };
  }
  return {
    id: `json<${schema['~standard'].vendor}#${identityOf(schema)}>`,
    expected: 'JSON that satisfies its schema',
    parse: (text) => deepFreeze(validate(schema, parseJson(text))),
    equals: deepEqual,
  };
}

/**
 * JSON, as `bind` takes it.
 *
 * @param schema any synchronous Standard Schema. Default: none, whatever JSON says.
 * @param defaultValue Default: `undefined`.
 * @example json(z.object({ max: z.number() }), { max: 10 });
 */
export function json(schema?: undefined): TypeSpec<JsonValue, JsonValue | undefined>;
export function json(schema: undefined, defaultValue: JsonValue): TypeSpec<JsonValue>;
export function json<T>(schema: StandardSchema<T>): TypeSpec<T, T | undefined>;
export function json<T>(schema: StandardSchema<T>, defaultValue: NoInfer<T>): TypeSpec<T>;
export function json<T>(schema?: StandardSchema<T>, defaultValue?: T): TypeSpec<T, T | undefined> {
  return typeSpec<T, T | undefined>(jsonType(schema), defaultValue);
}

// V8 names a position in some of its messages, at the end, and quotes the text in the others.
const positionInMessage = / at position ([0-9]+)(?: \(line [0-9]+ column [0-9]+\))?$/;

/** @throws ConfigError without the message of JSON.parse, which quotes the text */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = error instanceof SyntaxError ? positionInMessage.exec(error.message)?.[1] : undefined;
    throw refusal('JSON', position === undefined ? undefined : `it breaks off at character ${Number(position) + 1}`);
  }
}

/** Freezes arrays and plain objects, however deep. Instances of classes stay as their schema made them. */
export function deepFreeze<T>(value: T): T {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null || Object.isFrozen(next) || !isPlain(next)) continue;
    Object.freeze(next);
    for (const child of Object.values(next)) pending.push(child);
  }
  return value;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
