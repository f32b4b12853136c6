import { ConfigError } from '../errors.js';
import type { Spec, TypeBuilder, ValueType } from './type.js';

/** A type that is also a Spec: what `list(int)` and its like return. */
export type TypeSpec<T, D = T> = ValueType<T> & Spec<D>;

/** Makes a type callable: `int` stays a type, and `int(100)` is its Spec. */
export function typeBuilder<T, D = T>(type: ValueType<T>, toDefault: (given: D) => T): TypeBuilder<T, D> {
  const builder: TypeBuilder<T, D> = Object.assign(
    (given: D): Spec<T> => Object.freeze({ type: builder, default: toDefault(given) }),
    type,
  );
  return Object.freeze(builder);
}

/** A type together with its default. */
export function typeSpec<T, D>(type: ValueType<T> & ValueType<D>, defaultValue: D): TypeSpec<T, D> {
  return Object.freeze({ ...type, type, default: defaultValue });
}

/** The error of a text that is not of a type. It never quotes the text, which may be a secret. */
export function refusal(expected: string, why?: string, cause?: unknown): ConfigError {
  const reason = why === undefined ? '' : `: ${why}`;
  return new ConfigError('CALUMMA_CONVERSION', `expected ${expected}${reason}`, { cause });
}

/**
 * Reads a default that may be given as text, such as `duration('2s')`.
 *
 * @throws ConfigError CALUMMA_OPTION: the default stands in the program, so a slip in it is the program's
 */
export function defaultFromText<T>(type: ValueType<T>, text: string): T {
  try {
    return type.parse(text);
  } catch (cause) {
    throw new ConfigError('CALUMMA_OPTION', `the default: expected ${type.expected}, found ${JSON.stringify(text)}`, { cause });
  }
}

export function same<T>(a: T, b: T): boolean {
  return Object.is(a, b) || a === b;
}
