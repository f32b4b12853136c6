/*
 * The types of PostgreSQL by their numbers (pg_type.dat), which never change. All others come as the text that the server writes.
 */
const bool = 16;
const bytea = 17;
const int8 = 20;
const int2 = 21;
const int4 = 23;
const timestamp = 1114;
const timestamptz = 1184;

type Parser = (text: string) => unknown;

const parsers = new Map<number, Parser>([
  [bool, (text) => text === 't'],
  [bytea, bytesOf],
  [int8, BigInt],
  [int2, Number],
  [int4, Number],
  [timestamp, (text) => dateOf(text, 'Z')],
  [timestamptz, (text) => dateOf(text, '')],
]);

const asText: Parser = (text) => text;

/** How the text of a value is read. No parser throws: a value that is odd stays the text it is. */
export const valueTypes = {
  getTypeParser: (oid: number): Parser => parsers.get(oid) ?? asText,
};

/** `\x6869`. Our transactions set `bytea_output` to hex. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex');
}

/** `2025-11-26 14:03:07.123456+05:30`; `infinity`, years of five digits and before Christ stay text. */
function dateOf(text: string, zone: string): Date | string {
  const [, day, time, offset = zone] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::\d\d)?)?$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return text;
  const date = new Date(`${day}T${time}${offset.length === 3 ? `${offset}:00` : offset}`);
  return Number.isNaN(date.getTime()) ? text : date;
}
