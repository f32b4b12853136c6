import type { KeyObject } from 'node:crypto';

import { checkMs, checkOptions, kindOf } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { crypto } from '../crypto.js';


export interface CachedOptions {
  /**
   * Encrypts what lies on disk with AES-256-GCM: 32 bytes, or the same as text in hex (64 characters) or base64 (44), as
   * `openssl rand -base64 32` makes it. Default: not encrypted, readable by the owner alone (mode 0600).
   */
  readonly encrypt?: string | Uint8Array;
  /** ms between two writes, at least; the first is written at once. Default 1_000. */
  readonly writeEveryMs?: number;
}

/** The options with their defaults, checked. */
export interface CacheSettings {
  readonly key: KeyObject | undefined;
  readonly writeEveryMs: number;
  /** ms until a failed write is tried again, also if nothing new is kept: a full disk must not cost a quiet layer its cache. */
  readonly retryMs: number;
}

/**
 * @param fn whose options these are: `cached`
 * @param spelled an option as the caller wrote it
 * @throws ConfigError `CALUMMA_OPTION`, which never shows the key
 */
export function cacheSettings(fn: string, options: CachedOptions, spelled = (name: string) => `${fn}({ ${name} })`): CacheSettings {
  checkOptions(fn, options, ['encrypt', 'writeEveryMs']);
  const { encrypt, writeEveryMs = 1_000 } = options;
  checkMs(spelled('writeEveryMs'), writeEveryMs);
  return { key: encrypt === undefined ? undefined : keyOf(spelled('encrypt'), encrypt), writeEveryMs, retryMs: 30_000 };
}

function keyOf(what: string, given: unknown): KeyObject {
  const bytes = keyBytes(given);
  if (bytes?.length === 32) return crypto().createSecretKey(bytes);
  const expected = 'a key of 32 bytes, as a Buffer, in hex (64 characters) or in base64 (44 characters)';
  throw new ConfigError('CALUMMA_OPTION', `${what}: expected ${expected}, found ${sizeOf(given)}; openssl rand -base64 32 makes one`);
}

function keyBytes(given: unknown): Uint8Array | undefined {
  if (given instanceof Uint8Array) return given;
  if (typeof given !== 'string') return undefined;
  if (/^[0-9a-f]{64}$/i.test(given)) return Buffer.from(given, 'hex');
  return /^[A-Za-z0-9+/]{43}=$/.test(given) ? Buffer.from(given, 'base64') : undefined;
}

/** How much of a key there is, never what. */
function sizeOf(given: unknown): string {
  if (given instanceof Uint8Array) return `${given.length} bytes`;
  return typeof given === 'string' && given !== '' ? `a text of ${given.length} characters that is neither` : kindOf(given);
}
