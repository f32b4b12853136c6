import type { TextEncoding } from '../../formats/format.js';

/** How to ask an address "anything newer than this?". */
export interface Stamp {
  /** What was read, and as what: `sha256:9f86…:yaml`, or `absent`. */
  readonly content: string;
  /** The address whose validators these are: {@link idOf}. */
  readonly address: string;
  /** A time of whole seconds, ms since the epoch. */
  readonly modified: number | undefined;
  /** As the server wrote it. */
  readonly etag: string | undefined;
}

export const absent = 'absent';

/** The same bytes read in another way are another content. */
export function contentOf(sha256: string, format: string, encoding: TextEncoding): string {
  return `sha256:${sha256}:${encodeURIComponent(format)}${encoding === 'utf8' ? '' : `:${encoding}`}`;
}

/** The `version` of a reading: it outlives the process in the disk cache, and is shown in `health()`. */
export function versionOf({ content, address, modified, etag }: Stamp): string {
  const since = modified === undefined ? '' : ` modified ${new Date(modified).toISOString()}`;
  return `${content} from ${address}${since}${etag === undefined ? '' : ` etag ${etag}`}`;
}

const shape = /^(\S+) from ([0-9a-f]{10})(?: modified (\S+))?(?: etag (.+))?$/;

/** `undefined` when another source, or another release, has written it. */
export function stampOf(version: string | undefined): Stamp | undefined {
  const [, content, address, modified, etag] = shape.exec(version ?? '') ?? [];
  if (content === undefined || address === undefined) return undefined;
  const since = modified === undefined ? undefined : Date.parse(modified);
  return Number.isNaN(since) ? undefined : { content, address, modified: since, etag };
}

// Sent back as it came, and part of a version of one line.
const sendable = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

export function etagOf(header: unknown): string | undefined {
  return typeof header === 'string' && sendable.test(header) ? header : undefined;
}

/**
 * `Last-Modified` as a validator. It counts seconds: what was written in the second of the answer may have been written
 * again since, and the server would say "not modified" for ever (RFC 9110, 8.8.2.2).
 */
export function modifiedOf(lastModified: number | undefined, date: number | undefined): number | undefined {
  return lastModified !== undefined && date !== undefined && lastModified < date ? lastModified : undefined;
}

/** ms since the epoch. */
export function timeOf(header: unknown): number | undefined {
  const time = typeof header === 'string' ? Date.parse(header) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

const firstPlausible = Date.UTC(2000, 0);

/** When the content was written; images and archives put out files of 1970, and clocks go wrong. */
export function writtenAt(lastModified: number | undefined, now: number): number | undefined {
  return lastModified !== undefined && lastModified >= firstPlausible && lastModified <= now ? lastModified : undefined;
}
