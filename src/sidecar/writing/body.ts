import type { EntryValue } from '../../index.js';
import { badRequest, Problem } from '../http/problem.js';

/** A JSON object as it was sent: any key is its own, `__proto__` too. */
export type Fields = ReadonlyMap<string, unknown>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws Problem 400 for bytes that are no UTF-8, 415 for another encoding */
export function textOf(bytes: ArrayBuffer, contentType: string | undefined): string {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) throw unsupported('expected UTF-8');
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest('expected UTF-8 in the body, found bytes that are none');
  }
}

/**
 * The fields of a JSON body.
 *
 * @throws Problem 400 for what is no object, or has a field that is none of `known`; 415 where it is not called JSON: a form of somebody else's page
 *   could be sent without asking
 */
export function fieldsOf(bytes: ArrayBuffer, contentType: string | undefined, known: readonly string[]): Fields {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) throw unsupported('expected application/json');
  const fields = objectIn(parsed(textOf(bytes, contentType)), 'the body');
  for (const name of fields.keys()) if (!known.includes(name)) throw badRequest(`expected ${known.join(', ')}, found ${JSON.stringify(name.slice(0, 50))}`);
  return fields;
}

/** @throws Problem 400 */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw badRequest(`${name}: expected a string`);
}

/** @throws Problem 400 */
export function flagField(fields: Fields, name: string): boolean {
  const value = fields.get(name) ?? false;
  if (typeof value === 'boolean') return value;
  throw badRequest(`${name}: expected true or false`);
}

/** @throws Problem 400 */
export function keysField(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields.get(name);
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((key) => typeof key === 'string')) return value;
  throw badRequest(`${name}: expected a list of keys`);
}

/** Values that are set; `null` removes. @throws Problem 400 */
export function entriesField(fields: Fields, name: string): ReadonlyMap<string, EntryValue | null> {
  const value = fields.get(name);
  const entries = value === undefined || value === null ? new Map<string, unknown>() : objectIn(value, name);
  for (const [key, entry] of entries) if (!isEntry(entry)) throw badRequest(`${name}: ${JSON.stringify(key.slice(0, 100))}: expected a string, a number that JavaScript has exactly, true, false or null`);
  return entries as ReadonlyMap<string, EntryValue | null>;
}

function isEntry(value: unknown): boolean {
  // A larger number has lost digits already.
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

function objectIn(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  throw badRequest(`${what}: expected an object`);
}

// What JSON.parse says is a piece of the text, which may hold a secret.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('expected JSON in the body, found something else');
  }
}

function unsupported(message: string): Problem {
  return new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', message);
}
