import type { Listed } from './listed.js';
import { type Encryption, isEncryption } from './seal.js';

/*
 * A file is
 *
 *   {"format":"calumma-cache/1","layer":"postgres","keys":2,"version":"41",…}     a line
 *   ["gateway.limit","50","gateway.timeout","2s"]                                 lines, keys and values in turn
 *   sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08       a line, over all before it
 *
 * or, encrypted, the same header with the nonce, the same lines as ciphertext, and 16 bytes of authentication tag. What tells
 * that a file is whole stands at its end, so that it is written in one go, never held in memory as a whole.
 */

export const formatName = 'calumma-cache/1';

export interface Header {
  readonly format: typeof formatName;
  readonly layer: string;
  /** What it was read from, where the source tells. */
  readonly from?: readonly string[];
  readonly keys: number;
  /** When this was kept, in ms since the epoch. */
  readonly keptAt: number;
  readonly version?: string;
  readonly writtenAt?: number;
  readonly encryption?: Encryption;
}

export const newline = 10;

export function headerLine(header: Header): Buffer {
  return Buffer.from(`${JSON.stringify(header)}\n`);
}

/** Something that says of what format it is: ours, or one to come. */
type AnyHeader = Partial<Record<keyof Header, unknown>> & { readonly format: string };

/** @returns undefined when it is no header, of this format or another */
export function headerOf(line: Buffer): AnyHeader | undefined {
  try {
    const header = JSON.parse(line.toString()) as Partial<Record<keyof Header, unknown>> | null;
    return typeof header?.format === 'string' ? (header as AnyHeader) : undefined;
  } catch {
    return undefined;
  }
}

export function isHeader(header: AnyHeader): header is Header {
  const { format, layer, from, keys, keptAt, version, writtenAt, encryption } = header;
  return (
    format === formatName &&
    typeof layer === 'string' &&
    (from === undefined || (Array.isArray(from) && from.every((one) => typeof one === 'string'))) &&
    typeof keys === 'number' &&
    typeof keptAt === 'number' &&
    (version === undefined || typeof version === 'string') &&
    (writtenAt === undefined || typeof writtenAt === 'number') &&
    (encryption === undefined || isEncryption(encryption))
  );
}

/** Whose reading a file holds. */
export interface Owner {
  readonly layer: string;
  readonly from: readonly string[] | undefined;
}

/** Characters of a line, and entries, at most, unless one entry alone is longer: writing one holds the loop for under 1 ms. */
const lineChars = 64 * 1024;
const lineEntries = 1_000;

/** The lines of a body. JSON keeps any text: a NUL, a newline, half a surrogate pair. */
export function* bodyLines({ keys, values }: Listed): Generator<Buffer> {
  let line: string[] = [];
  let chars = 0;
  for (const [index, key] of keys.entries()) {
    const value = values[index] ?? '';
    line.push(key, value);
    chars += key.length + value.length;
    if (chars < lineChars && line.length < 2 * lineEntries) continue;
    yield Buffer.from(`${JSON.stringify(line)}\n`);
    line = [];
    chars = 0;
  }
  if (line.length > 0) yield Buffer.from(`${JSON.stringify(line)}\n`);
}

/** Makes entries of a body that comes in pieces. What is no body makes none, and does not throw. */
export class BodyReader {
  readonly #entries = new Map<string, string>();
  #rest: Buffer[] = [];
  #isBody = true;

  /** @param bytes may be written over after this call */
  take(bytes: Buffer): void {
    let from = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      this.#line(this.#rest.length === 0 ? bytes.toString('utf8', from, end) : this.#withRest(bytes.subarray(from, end)));
      from = end + 1;
    }
    if (from < bytes.length) this.#rest.push(Buffer.from(bytes.subarray(from)));
  }

  /** @returns undefined when it was no body */
  end(): Map<string, string> | undefined {
    return this.#isBody && this.#rest.length === 0 ? this.#entries : undefined;
  }

  #withRest(end: Buffer): string {
    const line = Buffer.concat([...this.#rest, end]).toString();
    this.#rest = [];
    return line;
  }

  #line(line: string): void {
    if (!this.#isBody) return;
    try {
      this.#isBody = this.#add(JSON.parse(line));
    } catch {
      this.#isBody = false;
    }
  }

  #add(list: unknown): boolean {
    if (!Array.isArray(list) || list.length % 2 !== 0) return false;
    for (let index = 0; index < list.length; index += 2) {
      const key: unknown = list[index];
      const value: unknown = list[index + 1];
      if (typeof key !== 'string' || typeof value !== 'string') return false;
      this.#entries.set(key, value);
    }
    return true;
  }
}
