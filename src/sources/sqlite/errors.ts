import { reasonOf } from '../../core/check.js';
import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';

/** SQLite's primary result codes that are told apart here: https://www.sqlite.org/rescode.html */
const codes = {
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26,
} as const;

/** What a message has to name. */
export interface Scene {
  readonly layer: string;
  /** The file, as the user spelled it. */
  readonly file: string;
  readonly timeoutMs: number;
}

/** `node:sqlite` has a number in `errcode`, the packages have `SQLITE_BUSY_SNAPSHOT` in `code`, libsql now and then only words. */
export function primaryCode(thrown: unknown): number | undefined {
  const { errcode, code, message } = (thrown ?? {}) as { errcode?: unknown; code?: unknown; message?: unknown };
  if (typeof errcode === 'number') return errcode & 0xff;
  const name = /^SQLITE_[A-Z]+/.exec(String(code))?.[0];
  if (name !== undefined) return (codes as Readonly<Record<string, number>>)[name];
  return /^ConnectionFailed\(.*: (\d+)"\)$/.test(String(message)) ? codes.SQLITE_CANTOPEN : undefined;
}

/** Somebody else has a lock that this needs. */
export function isBusy(thrown: unknown): boolean {
  const code = primaryCode(thrown);
  return code === codes.SQLITE_BUSY || code === codes.SQLITE_LOCKED;
}

export function isMissingTable(error: unknown): boolean {
  return error instanceof SourceError && missingTable(error.cause) !== undefined;
}

function missingTable(thrown: unknown): string | undefined {
  return /no such table: (.+)/.exec(reasonOf(thrown))?.[1];
}

/** What SQLite refused, with what to do about it. */
export function sqliteError(thrown: unknown, scene: Scene): ConfigError {
  if (thrown instanceof ConfigError) return thrown;
  return new SourceError(`${scene.layer}: ${problem(thrown, scene)}`, { cause: thrown });
}

function problem(thrown: unknown, { file, timeoutMs }: Scene): string {
  const path = quote(file);
  switch (primaryCode(thrown)) {
    case codes.SQLITE_BUSY:
    case codes.SQLITE_LOCKED:
      return (
        `expected to get at ${path} within ${timeoutMs} ms, found it locked by another connection: end its transaction; ` +
        'PRAGMA journal_mode = WAL lets others read while one writes'
      );
    case codes.SQLITE_READONLY:
      return `expected to write ${path}, found it read-only: grant the right to write the file and its folder`;
    case codes.SQLITE_IOERR:
      return `expected to read and write ${path}, found an input/output error: ${reasonOf(thrown)}`;
    case codes.SQLITE_CORRUPT:
      return `expected a sound database in ${path}, found a damaged one: PRAGMA integrity_check tells what; put a backup in its place`;
    case codes.SQLITE_FULL:
      return `expected room for ${path}, found the disk full`;
    case codes.SQLITE_CANTOPEN:
      return `expected to open ${path}, found that it cannot be opened: check the rights on the file and its folder`;
    case codes.SQLITE_NOTADB:
      return `expected a SQLite database in ${path}, found something else, or an encrypted one`;
    default:
      return missing(thrown, path) ?? `expected ${path} to answer, found ${reasonOf(thrown)}`;
  }
}

function missing(thrown: unknown, path: string): string | undefined {
  const table = missingTable(thrown);
  if (table === undefined) return undefined;
  return `expected a table ${quote(table)} in ${path}, found none of that name: create it with the SQL of sqliteSchema(), or with sqlite({ create: true })`;
}
