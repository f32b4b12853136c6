import { isUtf8 } from 'node:buffer';

import { diff } from '../../core/diff.js';
import { ConfigError, FormatError, SourceError } from '../../core/errors.js';
import type { Format, IncrementalDocument, Position, TextEncoding } from '../../formats/format.js';
import type { FileContent } from '../watch/contract.js';
import { decode, maxFileBytes } from './content.js';

/** A file and how it is read. */
export interface FileSpec {
  /** Absolute: what it is known by. */
  readonly path: string;
  /** As the user wrote it: what origins show. */
  readonly shown: string;
  readonly format: Format;
  readonly encoding: TextEncoding;
  /** Missing is an error rather than "no entries". */
  readonly required: boolean;
  /** Files that say the same thing in different formats: a key in two of them is reported. */
  readonly group?: string;
}

/** What a file says at one moment. */
export interface FileDocument {
  readonly spec: FileSpec;
  readonly entries: ReadonlyMap<string, string>;
  /** `entries` moves on when a next version is committed: whoever keeps it has to copy it. */
  readonly moving: boolean;
  /** `undefined` when there is no such file. */
  readonly mtimeMs: number | undefined;
  locate(key: string): Position | undefined;
  /**
   * What `content` changes here. A generator, so that a long parse can be done in slices.
   *
   * @throws FormatError, SourceError; nothing has changed then
   */
  next(content: FileContent): Generator<void, DocumentStep, void>;
}

/** From one version of a document to the next; nothing has changed until it is committed. */
export interface DocumentStep {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: ReadonlySet<string>;
  readonly mtimeMs: number | undefined;
  /** Gives the document in its next version. */
  commit(): FileDocument;
}

const nothing: ReadonlyMap<string, string> = new Map();
const noKeys: ReadonlySet<string> = new Set();

/** A file that is not there: it has no entries. */
export function absentDocument(spec: FileSpec): FileDocument {
  return {
    spec,
    entries: nothing,
    moving: false,
    mtimeMs: undefined,
    locate: () => undefined,
    next: (content) => stepFrom(spec, nothing, content),
  };
}

/** Moves a document that keeps nothing for the next version: everything is parsed, then compared. */
function* stepFrom(
  spec: FileSpec,
  before: ReadonlyMap<string, string>,
  content: FileContent,
): Generator<void, DocumentStep, void> {
  const bytes = usableBytes(spec, content);
  if (bytes === undefined) return vanishing(spec, before);
  const document = yield* opened(spec, bytes, mtimeOf(content));
  const { entries, mtimeMs } = document;
  if (before.size === 0) return { set: entries, remove: noKeys, mtimeMs, commit: () => document };
  return { ...diff(before, entries), mtimeMs, commit: () => document };
}

function vanishing(spec: FileSpec, before: ReadonlyMap<string, string>): DocumentStep {
  const document = absentDocument(spec);
  return { set: nothing, remove: new Set(before.keys()), mtimeMs: undefined, commit: () => document };
}

function* opened(spec: FileSpec, bytes: Buffer, mtimeMs: number | undefined): Generator<void, FileDocument, void> {
  try {
    const { incremental } = spec.format;
    if (incremental === undefined) return plainDocument(spec, bytes, mtimeMs);
    checkEncoding(spec, bytes);
    return followingDocument(spec, yield* incremental.open(bytes, spec.encoding), mtimeMs, false);
  } catch (error) {
    throw placed(spec, error);
  }
}

function plainDocument(spec: FileSpec, bytes: Buffer, mtimeMs: number | undefined): FileDocument {
  const { format } = spec;
  const entries = format.parse(decode(format.name, bytes, spec.encoding));
  return {
    spec,
    entries,
    moving: false,
    mtimeMs,
    // Bytes are kept rather than text: they lie outside the heap, and origins are rarely asked for.
    locate: (key) => format.locate?.(decode(format.name, bytes, spec.encoding), key),
    *next(content) {
      if (content.kind === 'content' && content.bytes.equals(bytes)) return unchanged(this, content.mtimeMs);
      return yield* stepFrom(spec, entries, content);
    },
  };
}

function unchanged(document: FileDocument, mtimeMs: number): DocumentStep {
  return { set: nothing, remove: noKeys, mtimeMs, commit: () => document };
}

function followingDocument(
  spec: FileSpec,
  following: IncrementalDocument,
  mtimeMs: number | undefined,
  moving: boolean,
): FileDocument {
  const { entries } = following;
  return {
    spec,
    entries,
    moving,
    mtimeMs,
    locate: (key) => following.locate(key),
    *next(content) {
      const bytes = usableBytes(spec, content);
      if (bytes === undefined) return vanishing(spec, entries);
      return yield* followed(spec, following, bytes, mtimeOf(content));
    },
  };
}

function* followed(
  spec: FileSpec,
  following: IncrementalDocument,
  bytes: Buffer,
  mtimeMs: number | undefined,
): Generator<void, DocumentStep, void> {
  try {
    checkEncoding(spec, bytes);
    const update = yield* following.update(bytes);
    return {
      set: update.set,
      remove: update.remove,
      mtimeMs,
      commit() {
        update.commit();
        return followingDocument(spec, following, mtimeMs, true);
      },
    };
  } catch (error) {
    throw placed(spec, error);
  }
}

/**
 * The JDK reads bytes that are no UTF-8 as replacement characters. From a file it would be a picture in its place, or
 * Latin-1 as older .properties have it: the values would be wrong, and nobody would know.
 *
 * @throws FormatError
 */
function checkEncoding({ format, encoding }: FileSpec, bytes: Buffer): void {
  if (encoding === 'utf8' && !isUtf8(bytes)) decode(format.name, bytes, encoding);
}

/** `undefined` when there is no file, which is fine unless it is required. */
function usableBytes(spec: FileSpec, content: FileContent): Buffer | undefined {
  const origin = `file:${spec.shown}`;
  if (content.kind === 'unreadable') {
    throw new SourceError(`expected a readable file, found ${reasonOf(content.error)}`, { origin, cause: content.error });
  }
  if (content.kind === 'missing') {
    if (!spec.required) return undefined;
    throw new SourceError('expected a file, found none; the layer marks it as required', { origin });
  }
  const { bytes } = content;
  if (bytes.length <= maxFileBytes) return bytes;
  throw new SourceError(`expected at most ${maxFileBytes} bytes, found ${bytes.length}`, { origin });
}

function mtimeOf(content: FileContent): number | undefined {
  return content.kind === 'content' ? content.mtimeMs : undefined;
}

export function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EISDIR') return 'a folder (EISDIR)';
  return error.code === 'ENOTDIR' ? 'a file (ENOTDIR)' : (error.code ?? error.message);
}

/** The error with the file's name in it. */
function placed(spec: FileSpec, error: unknown): unknown {
  if (error instanceof FormatError) return error.in(`file:${spec.shown}`);
  // Our own words quote no text, those of a user's parser may.
  const reason = error instanceof ConfigError ? `: ${error.message}` : '';
  return new SourceError(`the format ${spec.format.name} broke off${reason}`, { origin: `file:${spec.shown}`, cause: error });
}
