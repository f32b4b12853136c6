import { ConfigError } from './errors.js';
import { quote } from './redact.js';

/** What was found where something else was expected: its kind, never its content, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  return `a ${typeof value}`;
}

/** An option or argument is wrong; `what` is spelled as the caller wrote it: `file({ watch })`. */
export function optionError(what: string, expected: string, value: unknown, cause?: unknown): ConfigError {
  return new ConfigError('CALUMMA_OPTION', `${what}: expected ${expected}, found ${kindOf(value)}`, { cause });
}

/** The same for an option that cannot hold a secret: the value itself is shown. */
export function wrongOption(what: string, expected: string, value: unknown): ConfigError {
  return new ConfigError('CALUMMA_OPTION', `${what}: expected ${expected}, found ${shown(value)}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string' && value !== '') return quote(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

/** Refuses anything but an object with no other keys than the known ones: a misspelled option must not be silently off. */
export function checkOptions(fn: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw optionError(`${fn}(options)`, `an object with ${known.join(', ')}`, options);
  }
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  throw new ConfigError('CALUMMA_OPTION', `${fn}(options): expected ${known.join(', ')}, found ${quote(stranger)}`);
}

export function checkText(what: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') throw optionError(what, 'a non-empty string', value);
  if (value.includes('\0')) throw new ConfigError('CALUMMA_OPTION', `${what}: expected text, found a NUL character in it`);
}

/** A key, a prefix, a pattern: any string, `''` included. */
export function checkString(what: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw optionError(what, 'a string', value);
}

export function checkFlag(what: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw optionError(what, 'true or false', value);
}

export function checkMs(what: string, value: unknown): asserts value is number {
  // setTimeout turns anything above 2^31-1 ms into 1 ms.
  if (typeof value === 'number' && value >= 0 && value <= 2_147_483_647) return;
  throw optionError(what, 'a number of milliseconds from 0 to 2147483647', value);
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw optionError(what, 'a function', value);
}

/**
 * What was thrown, in words. Anything can be thrown, also what has no words: `Object.create(null)`.
 *
 * A SyntaxError is not quoted, because its message is a piece of the text that was read: `JSON.parse` shows ten characters.
 */
export function reasonOf(thrown: unknown): string {
  try {
    if (thrown instanceof SyntaxError) return 'what was read does not parse';
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return kindOf(thrown);
  }
}

/** What was thrown, as the cause of an error that is shown: not a SyntaxError, which quotes what was read. */
export function causeOf(thrown: unknown): unknown {
  return thrown instanceof SyntaxError ? undefined : thrown;
}
