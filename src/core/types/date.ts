import { defaultFromText, refusal, typeBuilder } from './builder.js';
import type { TypeBuilder } from './type.js';

const expected = 'an ISO 8601 date or date-time, or a number of milliseconds since 1970';
const epochMs = /^[+-]?[0-9]+$/;
const day = '([0-9]{4})-([0-9]{2})-([0-9]{2})';
const time = '([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?';
const zone = '(z|([+-])([0-9]{2}):?([0-9]{2}))?';
const iso = new RegExp(`^${day}(?:[t ]${time}${zone})?$`, 'i');

/**
 * A moment. `2024-02-29`, `2024-02-29T12:30Z`, `2024-02-29 12:30:15.250+02:00`, or a bare integer: ms since 1970.
 *
 * Without an offset it is UTC, not the zone of the machine: one configuration means one moment everywhere. Days that do not
 * exist are refused. All readers of a property share its Date: copy it (`new Date(value)`) before you change it.
 */
export const date: TypeBuilder<Date, Date | string> = typeBuilder(
  { id: 'date', expected, parse: parseDate, equals: (a: Date, b: Date) => Object.is(a.getTime(), b.getTime()) },
  (value) => dateDefault(value),
);

/** A Date of our own from a default given as one or as text. @throws ConfigError CALUMMA_OPTION */
export function dateDefault(value: Date | string): Date {
  return typeof value === 'string' ? defaultFromText(date, value) : new Date(value);
}

function parseDate(text: string): Date {
  const trimmed = text.trim();
  const value = new Date(epochMs.test(trimmed) ? Number(trimmed) : isoMs(trimmed));
  if (Number.isNaN(value.getTime())) throw refusal(expected);
  return value;
}

/** ms since 1970; NaN when the text is no moment that exists. */
function isoMs(text: string): number {
  const match = iso.exec(text);
  if (match === null) return NaN;
  const [year, month, dayOfMonth, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) => Number(match[group] ?? 0)) as Fields;
  const value = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  value.setUTCFullYear(year, month - 1, dayOfMonth);
  const exists = value.getUTCMonth() === month - 1 && value.getUTCDate() === dayOfMonth;
  if (!exists || hour > 23 || minute > 59 || second > 59) return NaN;
  value.setUTCHours(hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  return value.getTime() - offsetMs(match[9], match[10], match[11]);
}

type Fields = [number, number, number, number, number, number];

function offsetMs(sign: string | undefined, hours = '0', minutes = '0'): number {
  if (Number(hours) > 23 || Number(minutes) > 59) return NaN;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
