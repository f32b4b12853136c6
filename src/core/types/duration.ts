import { defaultFromText, refusal, same, typeBuilder } from './builder.js';
import type { TypeBuilder } from './type.js';

const expected = 'a duration (500ms, 10s, 1h30m, PT10S, or a number of milliseconds)';
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const bare = /^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;
const part = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(ms|[smhdw])\s*/iy;
const iso = new RegExp(`^P${optional('W')}${optional('D')}(?:T(?=[0-9])${optional('H')}${optional('M')}${optional('S')})?$`, 'i');
const isoUnits = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];

/**
 * Milliseconds. `500ms 10s 5m 2h 1d 1w`, fractions (`1.5s`), several units from large to small (`1h30m`, `1h 30m`), ISO 8601
 * without years and months (`PT10S`, `P1DT2H`), or a bare number of ms.
 *
 * Units in any case, except that `M` alone is refused outside ISO 8601: minutes to some, months to others. No sign.
 *
 * @example duration('2s').default; // 2_000
 */
export const duration: TypeBuilder<number, number | string> = typeBuilder(
  { id: 'duration', expected, parse: parseDuration, equals: same<number> },
  (value) => durationDefault(value),
);

/** ms from a default given as a number of ms or as text. @throws ConfigError CALUMMA_OPTION */
export function durationDefault(value: number | string): number {
  return typeof value === 'number' ? value : defaultFromText(duration, value);
}

function parseDuration(text: string): number {
  const trimmed = text.trim();
  const ms = bare.test(trimmed) ? Number(trimmed) : /^p/i.test(trimmed) ? isoMs(trimmed) : unitsMs(trimmed);
  if (ms > Number.MAX_SAFE_INTEGER) throw refusal(expected, `beyond ${Number.MAX_SAFE_INTEGER} ms`);
  return withoutNoise(ms);
}

function unitsMs(text: string): number {
  if (text === '') throw refusal(expected);
  let total = 0;
  let smallest = Infinity;
  part.lastIndex = 0;
  for (let end = 0; end < text.length; end = part.lastIndex) {
    const [, amount, unit] = part.exec(text) ?? [];
    const size = unit === 'M' ? undefined : unitMs[unit?.toLowerCase() ?? ''];
    if (size === undefined) throw refusal(expected, unit === 'M' ? 'M may be minutes or months' : undefined);
    if (size >= smallest) throw refusal(expected, 'units go from large to small, each once');
    smallest = size;
    total += Number(amount) * size;
  }
  return total;
}

function isoMs(text: string): number {
  const amounts = iso.exec(text)?.slice(1);
  const given = amounts?.filter((amount) => (amount as string | undefined) !== undefined) ?? [];
  // ISO 8601-1: a fraction only in the smallest unit given.
  if (amounts === undefined || given.length === 0 || given.slice(0, -1).some((amount) => /[.,]/.test(amount))) throw refusal(expected);
  return isoUnits.reduce((sum, size, index) => sum + Number((amounts[index] ?? '0').replace(',', '.')) * size, 0);
}

function optional(designator: string): string {
  return `(?:([0-9]+(?:[.,][0-9]+)?)${designator})?`;
}

/** 1.001 s is 1000.9999999999999 ms to a float: what lies beyond the microsecond is not what was written. */
function withoutNoise(ms: number): number {
  return Number.isInteger(ms) ? ms : Math.round(ms * 1_000) / 1_000;
}
