import { createHash, timingSafeEqual } from 'node:crypto';
import type { Access } from '../access.js';

/** A token, known by its hash only. */
interface Token {
  readonly hash: Buffer;
  readonly access: Access;
}

/** A line that is none: what is wrong with it, never what stands in it. */
export interface BadLine {
  readonly line: number;
  readonly problem: string;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly badLines: readonly BadLine[];
}

export const noTokens: Tokens = { tokens: [], badLines: [] };

const words = 'name=…, read, write or reveal';

/**
 * Reads a file of tokens: `<token> [name=ann] [read|write] [reveal]` a line, `#` begins a comment. A token by itself may write and may not see
 * secrets. A line with a word that is none of these is no token at all: it might have been meant to allow less.
 *
 * @example parseTokens('s3cr3t name=ann read\n').tokens.length; // 1
 */
export function parseTokens(text: string): Tokens {
  const tokens: Token[] = [];
  const badLines: BadLine[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [token, ...rest] = line.trim().split(/\s+/);
    if (token === undefined || token === '' || token.startsWith('#')) continue;
    const hash = hashOf(token);
    const parsed = tokens.some((one) => one.hash.equals(hash)) ? 'a token that stands here twice' : accessOf(hash, token, rest);
    if (typeof parsed === 'string') badLines.push({ line: index + 1, problem: parsed });
    else tokens.push({ hash, access: parsed });
  }
  return { tokens, badLines };
}

/**
 * What a token allows; `undefined` for one that is not known. Takes as long for a wrong token as for a right one: all of them are compared, by
 * their hashes.
 */
export function accessBy({ tokens }: Tokens, token: string): Access | undefined {
  const hash = hashOf(token);
  let found: Access | undefined;
  for (const one of tokens) if (timingSafeEqual(one.hash, hash)) found = one.access;
  return found;
}

/** @returns what is wrong, in words */
function accessOf(hash: Buffer, token: string, rest: readonly string[]): Access | string {
  if (!/^[\x21-\x7e]+$/.test(token)) return 'a token that is not printable ASCII';
  const until = rest.findIndex((word) => word.startsWith('#'));
  const given = until < 0 ? rest : rest.slice(0, until);
  const names = given.filter((word) => word.startsWith('name='));
  const rights = given.filter((word) => !word.startsWith('name='));
  if (names.length > 1 || names.includes('name=')) return 'expected one name';
  if (!rights.every((word) => ['read', 'write', 'reveal'].includes(word))) return `expected ${words} behind the token, found something else`;
  if (rights.includes('read') && rights.includes('write')) return 'expected read or write, found both';
  // Of a token without a name four letters of its hash tell in the history which one it was.
  const name = names[0]?.slice('name='.length) ?? `token-${hash.toString('hex').slice(0, 4)}`;
  return { name, write: !rights.includes('read'), reveal: rights.includes('reveal') };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
