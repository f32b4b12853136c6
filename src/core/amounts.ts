import { wrongOption } from './check.js';
import { bytes, duration } from './types/index.js';

/**
 * An option that is a time: ms, or a duration such as `'5s'`.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function msOf(value: number | string, what: string): number {
  return positive(value, what, 'ms or a duration such as "5s"', (text) => duration.parse(text));
}

/**
 * An option that is a size: bytes, or `'10MB'`.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function sizeOf(value: number | string, what: string): number {
  return positive(value, what, 'bytes or a size such as "10MB"', (text) => bytes.parse(text));
}

function positive(value: unknown, what: string, expected: string, parse: (text: string) => number): number {
  try {
    const number: unknown = typeof value === 'string' ? parse(value) : value;
    if (typeof number === 'number' && number > 0) return number;
  } catch {
    // said below, with the name of the option
  }
  throw wrongOption(what, expected, value);
}
