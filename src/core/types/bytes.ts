import { defaultFromText, refusal, same, typeBuilder } from './builder.js';
import type { TypeBuilder } from './type.js';

const expected = 'a size in bytes (512, 10KB, 10MiB, 1.5 GB)';
const size = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?:([kmgtp]?)(?:i?b)?)?$/i;
const powers = 'kmgtp';

/**
 * A number of bytes. `512`, `512B`, `10KB`, `10MiB`, `1.5 GB`, `10k`, in any case; K, M, G, T and P are powers of 1024 with and
 * without the `i`. A fraction is rounded to whole bytes, and refused where no unit is.
 *
 * @example bytes('10MB').default; // 10 * 1024 * 1024
 */
export const bytes: TypeBuilder<number, number | string> = typeBuilder(
  { id: 'bytes', expected, parse: parseBytes, equals: same<number> },
  (value) => bytesDefault(value),
);

/** Bytes from a default given as a number or as text. @throws ConfigError CALUMMA_OPTION */
export function bytesDefault(value: number | string): number {
  return typeof value === 'number' ? value : defaultFromText(bytes, value);
}

function parseBytes(text: string): number {
  const trimmed = text.trim();
  const [matched, amount, prefix = ''] = size.exec(trimmed) ?? [];
  if (matched === undefined || /^[^kmgtp]*ib$/i.test(trimmed)) throw refusal(expected);
  const power = prefix === '' ? 0 : powers.indexOf(prefix.toLowerCase()) + 1;
  const value = Number(amount) * 1024 ** power;
  if (power === 0 && !Number.isInteger(value)) throw refusal(expected, 'no fractions of a byte');
  const whole = Math.round(value);
  if (!Number.isSafeInteger(whole)) throw refusal(expected, `beyond ${Number.MAX_SAFE_INTEGER}`);
  return whole;
}
