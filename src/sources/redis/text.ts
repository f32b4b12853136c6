import { storedKey, storedValue } from '../store/stored.js';

/**
 * A key of Redis.
 *
 * @throws SourceError for bytes that are no UTF-8, or too many
 */
export function keyText(where: string, name: string | Buffer): string {
  return storedKey(where, typeof name === 'string' ? name : textOf(name));
}

/**
 * A value of Redis.
 *
 * @throws SourceError for bytes that are no UTF-8
 */
export function valueText(where: string, key: string, bytes: Buffer): string {
  return storedValue(where, key, textOf(bytes)) ?? '';
}

/** Bytes as text; those that may be no UTF-8, which the fast way turns into U+FFFD, are left for a closer look. */
function textOf(bytes: Buffer): string | Buffer {
  const text = bytes.toString();
  return text.includes('\uFFFD') ? bytes : text;
}
