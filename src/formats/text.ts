import { FormatError } from '../core/errors.js';
import type { Position } from './format.js';

/** Every format drops a leading byte order mark: editors on Windows write one. */
export function withoutBom(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

const lineBreak = /\r\n|\n|\r/g;

/** Line and column, from 1, of an offset in UTF-16 units. */
export function positionAt(text: string, offset: number): Position {
  return positionsIn(text)(offset);
}

/** As {@link positionAt}, for many offsets of one text. */
export function positionsIn(text: string): (offset: number) => Position {
  const lineStarts = [0];
  for (const { index, 0: characters } of text.matchAll(lineBreak)) lineStarts.push(index + characters.length);
  return (offset) => {
    const line = countUpTo(lineStarts, offset);
    return { line, column: offset - (lineStarts[line - 1] ?? 0) + 1 };
  };
}

/** How many of some ascending numbers are not greater than `limit`. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A FormatError for a place in the text. `problem` must not quote values. */
export function problemAt(format: string, text: string, offset: number, problem: string): FormatError {
  const { line, column } = positionAt(text, offset);
  return new FormatError(format, problem, line, column);
}

/**
 * The text without its byte order mark.
 *
 * @throws FormatError where a NUL stands: the file is binary, or in an encoding such as UTF-16
 */
export function plainText(format: string, text: string): string {
  const plain = withoutBom(text);
  const nul = plain.indexOf('\0');
  if (nul >= 0) throw problemAt(format, plain, nul, 'binary data (a NUL character)');
  return plain;
}
