import { ConfigError, type ErrorCode } from './errors.js';
import { quote } from './redact.js';
import { kindOf } from './check.js';

/** What is taken where a value is given in code; all but strings becomes the text that `String()` gives. */
export type EntryValue = string | number | boolean | bigint;

/** Keys and values given in code: an object (its own enumerable keys), a Map, or any iterable of pairs. */
export type EntriesInput = Readonly<Record<string, EntryValue>> | Iterable<readonly [string, EntryValue]>;

/**
 * Copies what was given in code into entries.
 *
 * @throws ConfigError with `code` when a key is no string or a value is no text, number, boolean or bigint
 */
export function entriesOf(what: string, input: unknown, code: ErrorCode = 'CALUMMA_OPTION'): Map<string, string> {
  const entries = new Map<string, string>();
  for (const [key, value] of pairsOf(what, input, code)) {
    if (typeof key !== 'string') {
      throw new ConfigError(code, `${what}: expected keys that are strings, found ${kindOf(key)}`);
    }
    entries.set(key, textOf(what, key, value, code));
  }
  return entries;
}

/** The text of one value. `null` and `undefined` are refused: "not set" is said by leaving the key out. */
export function textOf(what: string, key: string, value: unknown, code: ErrorCode = 'CALUMMA_OPTION'): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw new ConfigError(code, `${what}: ${quote(key)}: expected a string, number, boolean or bigint, found ${kindOf(value)}`);
}

function pairsOf(what: string, input: unknown, code: ErrorCode): Iterable<readonly [unknown, unknown]> {
  if (typeof input === 'object' && input !== null) {
    if (Symbol.iterator in input) return checkedPairs(what, input as Iterable<unknown>, code);
    // Not a Promise somebody forgot to await, not a Date: both would look like an object without keys.
    if (Object.prototype.toString.call(input) === '[object Object]') return Object.entries(input);
  }
  throw new ConfigError(code, `${what}: expected an object, a Map or pairs of key and value, found ${kindOf(input)}`);
}

function* checkedPairs(what: string, input: Iterable<unknown>, code: ErrorCode): Generator<readonly [unknown, unknown]> {
  for (const pair of input) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new ConfigError(code, `${what}: expected pairs of key and value, found ${kindOf(pair)}`);
    }
    yield pair as [unknown, unknown];
  }
}
