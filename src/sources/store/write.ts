import { checkOptions, checkText, kindOf, optionError, wrongOption } from '../../core/check.js';
import { textOf } from '../../core/entries.js';
import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { WriteEntries, WriteOptions } from '../../core/writable.js';

/** Bytes of UTF-8 that a store's keys and values may have together: what no reader could hold must not be written. */
export const maxStoreBytes = 10 * 1024 * 1024;

/** Bytes of UTF-8 that a key in a store may have. */
export const maxKeyBytes = 65_535;

/** A write whose parts were all checked. */
export interface CheckedWrite {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: ReadonlySet<string>;
  readonly author: string;
  readonly reason: string;
  readonly expectedVersion: string | undefined;
}

/**
 * Checks the arguments of `set`. Of a key that is named twice the last one counts.
 *
 * @param what begins the messages: `postgres.set`
 * @throws ConfigError CALUMMA_OPTION for a bad key, value or option; CALUMMA_TOO_LARGE when the values alone are over 10 MB
 */
export function checkedWrite(what: string, entries: WriteEntries, options: WriteOptions): CheckedWrite {
  const set = new Map<string, string>();
  const remove = new Set<string>();
  for (const [key, value] of pairsOf(what, entries)) {
    checkStoreKey(`${what}(entries)`, key);
    set.delete(key);
    remove.delete(key);
    if (value === null) remove.add(key);
    else set.set(key, checkedValue(`${what}(entries)`, key, value));
  }
  checkStoreBytes(what, bytesOf(set));
  return { set, remove, ...checkedOptions(what, options) };
}

/**
 * Checks the arguments of `delete`.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function checkedRemoval(what: string, keys: string | Iterable<string>, options: WriteOptions): CheckedWrite {
  const remove = new Set(keysOf(what, keys));
  for (const key of remove) checkStoreKey(`${what}(keys)`, key);
  return { set: new Map(), remove, ...checkedOptions(what, options) };
}

/**
 * Checks the arguments of `history`.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function checkHistory(what: string, key: string | undefined, limit = 100): { readonly key: string | undefined; readonly limit: number } {
  if (key !== undefined) checkStoreKey(`${what}(key)`, key);
  if (!Number.isSafeInteger(limit) || limit < 1) throw wrongOption(`${what}(limit)`, 'a whole number above 0', limit);
  return { key, limit };
}

/** @throws ConfigError CALUMMA_TOO_LARGE when the store would hold more than {@link maxStoreBytes} */
export function checkStoreBytes(what: string, bytes: number): void {
  if (bytes <= maxStoreBytes) return;
  throw new ConfigError(
    'CALUMMA_TOO_LARGE',
    `${what}: expected at most ${maxStoreBytes} bytes of keys and values in the store after the write, found ${bytes}: nothing was written`,
  );
}

/** The store's keys were changed since the writer looked. */
export function conflict(what: string, expectedVersion: string, found: string): ConfigError {
  return new ConfigError(
    'CALUMMA_CONFLICT',
    `${what}({ expectedVersion: ${quote(expectedVersion)} }): ${found}: nothing was written; read again and decide anew`,
  );
}

function checkStoreKey(what: string, key: unknown): asserts key is string {
  if (typeof key !== 'string') throw optionError(what, 'keys that are strings', key);
  checkWhole(what, key, `the key ${quote(key)}`);
  const bytes = Buffer.byteLength(key);
  if (bytes > maxKeyBytes) throw new ConfigError('CALUMMA_OPTION', `${what}: expected keys of at most ${maxKeyBytes} bytes, found ${bytes} (${quote(key)})`);
}

function checkedValue(what: string, key: string, value: unknown): string {
  const text = textOf(what, key, value);
  checkWhole(what, text, `the value of ${quote(key)}`);
  return text;
}

// Half of a surrogate pair has no UTF-8: it would come back as another text than was written.
function checkWhole(what: string, text: string, name: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new ConfigError('CALUMMA_OPTION', `${what}: expected text, found half a character in ${name}`);
}

function checkedOptions(what: string, options: unknown): Pick<CheckedWrite, 'author' | 'reason' | 'expectedVersion'> {
  checkOptions(what, options, ['author', 'reason', 'expectedVersion']);
  const { author, reason, expectedVersion } = options as Readonly<Record<keyof WriteOptions, unknown>>;
  checkText(`${what}({ author })`, author);
  checkText(`${what}({ reason })`, reason);
  if (expectedVersion !== undefined) checkText(`${what}({ expectedVersion })`, expectedVersion);
  return { author, reason, expectedVersion };
}

function pairsOf(what: string, entries: unknown): Iterable<readonly [unknown, unknown]> {
  if (typeof entries === 'object' && entries !== null) {
    if (Symbol.iterator in entries) return checkedPairs(what, entries as Iterable<unknown>);
    // Not a Promise somebody forgot to await, not a Date: both would look like an object without keys.
    if (Object.prototype.toString.call(entries) === '[object Object]') return Object.entries(entries);
  }
  throw optionError(`${what}(entries)`, 'an object, a Map or pairs of key and value', entries);
}

function* checkedPairs(what: string, entries: Iterable<unknown>): Generator<readonly [unknown, unknown]> {
  for (const pair of entries) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new ConfigError('CALUMMA_OPTION', `${what}(entries): expected pairs of key and value, found ${kindOf(pair)}`);
    }
    yield pair as [unknown, unknown];
  }
}

function keysOf(what: string, keys: unknown): Iterable<string> {
  if (typeof keys === 'string') return [keys];
  if (typeof keys === 'object' && keys !== null && Symbol.iterator in keys) return keys as Iterable<string>;
  throw optionError(`${what}(keys)`, 'a key, or keys', keys);
}

function bytesOf(entries: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [key, value] of entries) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}
