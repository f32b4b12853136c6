import type { MysqlField } from './client.js';

/*
 * The types of the protocol by their numbers, which never change. Almost everything comes as the text that the server writes:
 * numbers beyond 2^53 and JSON stay what they are. Binary columns give bytes, and times a Date: our sessions are in UTC.
 */
const timestamp = 7;
const datetime = 12;
const bit = 16;
const json = 245;
const binaryTypes = new Set([15, 249, 250, 251, 252, 253, 254, 255, 242]); // VARCHAR, the BLOBs, VAR_STRING, STRING, GEOMETRY, VECTOR
const binaryCharset = 63;

type Decode = (bytes: Buffer) => unknown;

/** How the values of a column are read. No decoder throws. */
export function decoderOf({ columnType, characterSet }: MysqlField): Decode {
  if (columnType === bit) return numberOfBits;
  if (columnType === timestamp || columnType === datetime) return dateOf;
  // JSON is said to be binary; it is UTF-8. So are numbers and dates, in ASCII.
  return characterSet === binaryCharset && columnType !== json && binaryTypes.has(columnType) ? copyOf : textOf;
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8');
}

/** A copy: the bytes belong to a whole chunk off the wire, which would be kept with them. */
function copyOf(bytes: Buffer): Buffer {
  return Buffer.from(bytes);
}

function numberOfBits(bytes: Buffer): string {
  return BigInt(`0x${bytes.toString('hex')}`).toString();
}

/** `2025-11-26 14:03:07.123456`; `0000-00-00 00:00:00` stays text. */
function dateOf(bytes: Buffer): Date | string {
  const text = textOf(bytes);
  const date = new Date(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(date.getTime()) ? text : date;
}
