import type { Decipher, Hash, KeyObject } from 'node:crypto';
import { crypto } from '../crypto.js';

/** What the header of a sealed file says of it; a plain one has none. */
export interface Encryption {
  readonly cipher: typeof cipherName;
  /** 96 bits as hex, never the same twice with one key. */
  readonly nonce: string;
}

/** What a file is encrypted with. */
export interface Lock {
  readonly key: KeyObject;
  readonly encryption: Encryption;
}

/** Makes the bytes of a file those that may lie on disk, and ends it with what shows that nothing was changed since. */
interface Seal {
  update(bytes: Buffer): Buffer;
  end(): Buffer;
}

/** The way back. */
interface Opening {
  update(bytes: Buffer): Buffer;
  /** Whether all of it, header included, is what was written. */
  holds(): boolean;
}

const cipherName = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function newEncryption(): Encryption {
  return { cipher: cipherName, nonce: crypto().randomBytes(nonceBytes).toString('hex') };
}

export function isEncryption(value: unknown): value is Encryption {
  const { cipher, nonce } = (value ?? {}) as Partial<Record<keyof Encryption, unknown>>;
  return cipher === cipherName && typeof nonce === 'string' && nonce.length === 2 * nonceBytes && /^[0-9a-f]+$/.test(nonce);
}

/** Bytes that end a file. */
export function sealBytes(encryption: Encryption | undefined): number {
  return encryption === undefined ? checksumText('').length + 64 : tagBytes;
}

/**
 * Without a key, a checksum; with one, AES-256-GCM. Either way of the header too: a version must not be taken for that of
 * other entries.
 */
export function seal(header: Buffer, lock?: Lock): Seal {
  return lock === undefined ? checksumSeal(header) : cipherSeal(header, lock);
}

export function opening(header: Buffer, end: Buffer, lock?: Lock): Opening {
  return lock === undefined ? checksumOpening(header, end) : cipherOpening(header, end, lock);
}

function checksumSeal(header: Buffer): Seal {
  const hash = hashOf(header);
  return {
    update(bytes) {
      hash.update(bytes);
      return bytes;
    },
    end: () => Buffer.from(checksumText(hash.digest('hex'))),
  };
}

function checksumOpening(header: Buffer, end: Buffer): Opening {
  const checked = checksumSeal(header);
  return { update: (bytes) => checked.update(bytes), holds: () => checked.end().equals(end) };
}

function hashOf(header: Buffer): Hash {
  return crypto().createHash('sha256').update(header);
}

function checksumText(hex: string): string {
  return `sha256:${hex}\n`;
}

function cipherSeal(header: Buffer, { key, encryption }: Lock): Seal {
  const cipher = crypto().createCipheriv(cipherName, key, nonceOf(encryption), { authTagLength: tagBytes });
  cipher.setAAD(header);
  return { update: (bytes) => cipher.update(bytes), end: () => Buffer.concat([cipher.final(), cipher.getAuthTag()]) };
}

function cipherOpening(header: Buffer, end: Buffer, { key, encryption }: Lock): Opening {
  const decipher = crypto().createDecipheriv(cipherName, key, nonceOf(encryption), { authTagLength: tagBytes });
  decipher.setAAD(header);
  decipher.setAuthTag(end);
  return { update: (bytes) => decipher.update(bytes), holds: () => isAuthentic(decipher) };
}

function nonceOf({ nonce }: Encryption): Buffer {
  return Buffer.from(nonce, 'hex');
}

function isAuthentic(decipher: Decipher): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false; // another key, or other bytes: nobody can tell which
  }
}
