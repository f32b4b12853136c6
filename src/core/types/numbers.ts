import { refusal, same, typeBuilder } from './builder.js';
import type { TypeBuilder } from './type.js';

// [0-9], not \d with its Unicode cousins elsewhere: Archaius took Arabic-Indic digits for integers but not for floats.
const integer = /^[+-]?[0-9]+$/;
const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

const anInteger = 'an integer';
const aNumber = 'a number';

/** `[+-]digits`, decimal also with leading zeros, at most ±(2⁵³ − 1). No `0x10`, `1_000`, `12.0` or `1e3`. */
export const int: TypeBuilder<number> = typeBuilder(
  { id: 'int', expected: anInteger, parse: parseInteger, equals: same<number> },
  (value) => value,
);

/** A decimal number, with or without exponent: `1.5`, `.5`, `5.`, `-2e3`. Neither hexadecimal, nor `NaN`, nor anything infinite. */
export const number: TypeBuilder<number> = typeBuilder(
  { id: 'number', expected: aNumber, parse: parseNumber, equals: same<number> },
  (value) => value,
);

/** `[+-]digits` of any size. */
export const bigint: TypeBuilder<bigint> = typeBuilder(
  { id: 'bigint', expected: anInteger, parse: parseBigInt, equals: same<bigint> },
  (value) => value,
);

function parseInteger(text: string): number {
  const trimmed = text.trim();
  if (!integer.test(trimmed)) throw refusal(anInteger);
  const value = Number(trimmed);
  if (!Number.isSafeInteger(value)) throw refusal(anInteger, `beyond ±${Number.MAX_SAFE_INTEGER}`);
  return value + 0; // −0 becomes 0
}

function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (!decimal.test(trimmed)) throw refusal(aNumber);
  const value = Number(trimmed);
  if (!Number.isFinite(value)) throw refusal(aNumber, `beyond ±${Number.MAX_VALUE}`);
  return value;
}

function parseBigInt(text: string): bigint {
  const trimmed = text.trim();
  if (!integer.test(trimmed)) throw refusal(anInteger);
  return BigInt(trimmed);
}
