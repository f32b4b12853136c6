import { isAscii, isUtf8, transcode } from 'node:buffer';
import { FormatError } from '../core/errors.js';
import type { Position, TextEncoding } from './format.js';
import { MalformedEscape, scanEntries, type EntrySink } from './properties-scan.js';

/** A part of a text that starts and ends where logical lines do. */
export interface Piece {
  readonly text: string;
  /** Offset in what it was cut from. */
  readonly start: number;
}

/**
 * Bytes decoded at a time. V8 cuts a long string out of a text by pointing into it, which is fast and keeps the whole text
 * alive; that is right for the entries of a file as it is opened, which make up the text. From this size on texts lie
 * outside the heap of V8, so that no collection copies them: a third of the time a file of 10 MB takes.
 */
const decodeSize = 2 * 1024 * 1024;

/** Characters of a text copied at a time, and so what an entry keeps alive that outlives its neighbours. */
const copySize = 16 * 1024;

const LF = 10;
const CR = 13;
const BACKSLASH = 92;
const byteOrderMark = 0xfeff;

/** Decodes the lines of a range that starts and ends where logical lines do. */
export function* bytePieces(bytes: Buffer, encoding: TextEncoding, from: number, to: number): Generator<Piece, void, void> {
  let start = from;
  while (start < to) {
    const end = lineEndNear(bytes, start, to, decodeSize);
    yield { text: decode(bytes, encoding, start, end), start };
    start = end;
  }
}

/** The same for a text; a long one is copied piece by piece. */
export function* textPieces(text: string): Generator<Piece, void, void> {
  let start = text.charCodeAt(0) === byteOrderMark ? 1 : 0;
  if (text.length - start <= copySize) {
    yield { text: text.slice(start), start };
    return;
  }
  while (start < text.length) {
    const end = lineEndNear(text, start, text.length, copySize);
    yield { text: copyText(text.slice(start, end)), start };
    start = end;
  }
}

/**
 * Reads a piece; `before` gives all that stands before it.
 *
 * @returns the number of entries, duplicates counted
 * @throws FormatError with the place in the whole text
 */
export function scanPiece(text: string, sink: EntrySink, before: () => string): number {
  try {
    return scanEntries(text, sink);
  } catch (error) {
    if (!(error instanceof MalformedEscape)) throw error;
    const start = positionAfter({ line: 1, column: 1 }, before());
    const { line, column } = positionAfter(start, text.slice(0, error.offset));
    throw new FormatError('properties', 'expected four hexadecimal digits after \\u', line, column, { cause: error });
  }
}

/** Where a text ends that starts at a place. A leading byte order mark takes no room. */
export function positionAfter({ line, column }: Position, text: string): Position {
  let lines = 0;
  let start = text.charCodeAt(0) === byteOrderMark ? 1 : 0;
  for (const { index, 0: terminator } of text.matchAll(/\r\n?|\n/g)) {
    lines++;
    start = index + terminator.length;
  }
  return { line: line + lines, column: text.length - start + (lines === 0 ? column : 1) };
}

/** Where the entries start: behind a byte order mark, the one thing in which we differ from `java.util.Properties`. */
export function contentStart(bytes: Buffer, encoding: TextEncoding): number {
  return encoding === 'utf8' && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/**
 * Bytes to text; what is no UTF-8 becomes U+FFFD.
 *
 * V8's own decoder of Node 20 is fast for ASCII only. `transcode` takes a tenth of its time, and refuses invalid UTF-8.
 */
export function decode(bytes: Buffer, encoding: TextEncoding, start: number, end: number): string {
  if (encoding === 'latin1') return bytes.toString('latin1', start, end);
  if (end - start < 1024) {
    const text = bytes.toString('utf8', start, end);
    if (!text.includes('\ufffd')) return text;
  }
  const part = bytes.subarray(start, end);
  if (isAscii(part)) return part.toString('latin1');
  return isUtf8(part) ? transcode(part, 'utf8', 'utf16le').toString('utf16le') : decodeInvalid(part);
}

/** Where WHATWG's decoder sees three wrong bytes, the JDK's sees one wrong character: surrogates written as UTF-8. */
function decodeInvalid(bytes: Buffer): string {
  const marked = bytes.toString('latin1').replace(/\xed[\xa0-\xbf][\x80-\xbf]/g, '\xff');
  return Buffer.from(marked, 'latin1').toString('utf8');
}

/** A string that keeps nothing else alive. V8 copies short ones anyway. */
export function copyText(text: string): string {
  if (text.length < 13) return text;
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length === text.length) return bytes.toString('latin1');
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Does a logical line start behind the line feed (or carriage return) at `at`? */
export function endsLine(text: string | Buffer, at: number, from: number): boolean {
  let before = at - 1;
  if (codeAt(text, at) === LF && codeAt(text, before) === CR) before--;
  const last = before;
  while (before >= from && codeAt(text, before) === BACKSLASH) before--;
  return (last - before) % 2 === 0;
}

/** The last end of a logical line within a size; failing that, the first one after it. */
export function lineEndNear(text: string | Buffer, from: number, to: number, size: number): number {
  const limit = from + size;
  if (limit >= to) return to;
  const window = typeof text === 'string' ? text.slice(from, limit) : text.subarray(from, limit);
  for (let at = window.lastIndexOf('\n'); at > 0; at = window.lastIndexOf('\n', at - 1)) {
    if (endsLine(window, at, 0)) return from + at + 1;
  }
  for (let at = limit; at < to; at++) {
    const code = codeAt(text, at);
    const ends = code === LF || (code === CR && codeAt(text, at + 1) !== LF);
    if (ends && endsLine(text, at, from)) return at + 1;
  }
  return to;
}

function codeAt(text: string | Buffer, at: number): number | undefined {
  return typeof text === 'string' ? text.charCodeAt(at) : text[at];
}
