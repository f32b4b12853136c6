import { kindOf } from '../../core/check.js';
import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { maxKeyBytes } from './write.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The key of what a store holds.
 *
 * @param where begins the message: `postgres: "properties"`
 * @throws SourceError for NULL, for binary that is no text, and for more than 65,535 bytes
 */
export function storedKey(where: string, key: unknown): string {
  if (key === null || key === undefined) {
    throw new SourceError(`${where}: expected a key in each row, found NULL: remove the row, or leave it out with a query`);
  }
  const text = typeof key === 'string' ? key : plainText(key);
  if (text === undefined) throw new SourceError(`${where}: expected keys that are text, found ${foundInstead(key)}`);
  // A UTF-16 unit has three bytes at most: most keys need no counting.
  if (text.length * 3 > maxKeyBytes && Buffer.byteLength(text) > maxKeyBytes) {
    throw new SourceError(`${where}: expected keys of at most ${maxKeyBytes} bytes, found ${Buffer.byteLength(text)} (${quote(text)})`);
  }
  return text;
}

/**
 * The value of what a store holds as text; `undefined` for NULL: the key is absent.
 *
 * @throws SourceError for what has no text; it names the key, never the value
 */
export function storedValue(where: string, key: string, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return undefined;
  const text = plainText(value);
  if (text !== undefined) return text;
  throw new SourceError(`${where}: ${quote(key)}: expected a value that is text, found ${foundInstead(value)}`);
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return value instanceof Uint8Array ? decoded(value) : undefined;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

function foundInstead(value: unknown): string {
  return value instanceof Uint8Array ? `${value.length} bytes that are no UTF-8` : kindOf(value);
}
