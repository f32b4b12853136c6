import { FormatError } from '../../core/errors.js';
import type { TextEncoding } from '../../formats/format.js';

/** A larger file is no configuration: it is refused before it is parsed. Whole configs are limited to 10 MB by default. */
export const maxFileBytes = 64 * 1024 * 1024;

/** @throws FormatError where the bytes are not UTF-8: replacement characters in a value would be a silent error */
export function decode(format: string, bytes: Buffer, encoding: TextEncoding): string {
  if (encoding === 'latin1') return bytes.toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const { line, column } = firstInvalid(bytes);
    throw new FormatError(format, "a byte that is not UTF-8 (encoding: 'latin1' reads such files)", line, column, { cause });
  }
}

/** Where the first byte stands that is no UTF-8. */
function firstInvalid(bytes: Buffer): { line: number; column: number } {
  const lossy = bytes.toString('utf8');
  // Every valid character takes the same bytes both ways; the first replacement is where they part.
  let units = 0;
  let offset = 0;
  for (const character of lossy) {
    const size = Buffer.byteLength(character);
    if (character === '\ufffd' && !bytes.subarray(offset, offset + size).equals(Buffer.from(character))) break;
    offset += size;
    units += character.length;
  }
  const before = lossy.slice(0, units).split(/\r\n|\n|\r/);
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
