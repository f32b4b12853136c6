/**
 * Versions are what the database gave and go back to it as they came: a number, a bigint, the text of one, a Date, another text.
 * Which of two is higher is for the database to say.
 */
export type Version = string | number | bigint | boolean | Date | Uint8Array | null | undefined;

/** There is none: no row, or no column. */
export function isNone(version: Version): version is null | undefined {
  return version === null || version === undefined;
}

export function versionText(version: Version): string | undefined {
  if (version instanceof Date) return version.toISOString();
  if (version instanceof Uint8Array) return Buffer.from(version).toString('hex');
  return isNone(version) ? undefined : String(version);
}

export function isSameVersion(a: Version, b: Version): boolean {
  return versionText(a) === versionText(b);
}

/** Whether versions have gone back from `last`: as far as can be told here. */
export function isBefore(version: Version, last: Version): boolean {
  if (isNone(version)) return !isNone(last);
  if (version instanceof Date && last instanceof Date) return version < last;
  return isCounter(version) && isCounter(last) && BigInt(version) < BigInt(last);
}

/** ms that a transaction may take between taking the time and committing it. */
export const overlapMs = 10_000;

/**
 * From where to read what is new. Counters are exact. Times are not: two changes may have the same one, and one that was taken
 * earlier may be committed later, so a stretch before the last one is read again.
 */
export function sinceOf(last: Version): { readonly how: '>' | '>='; readonly version: Version } {
  if (last instanceof Date) return { how: '>=', version: new Date(last.getTime() - overlapMs) };
  return { how: isCounter(last) ? '>' : '>=', version: last };
}

export function isCounter(version: Version): version is number | bigint | string {
  return Number.isSafeInteger(version) || typeof version === 'bigint' || (typeof version === 'string' && /^-?\d+$/.test(version));
}

/**
 * When a row was written, in ms since the epoch: a Date, a number of seconds or ms, or a text with a date; without a zone it is
 * UTC, as databases give it. `undefined` for anything else.
 */
export function timeOf(value: unknown): number | undefined {
  if (value instanceof Date) return finite(value.getTime());
  if (typeof value === 'number' || typeof value === 'bigint') return fromNumber(Number(value));
  if (typeof value !== 'string' || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return fromNumber(Number(value));
  return finite(Date.parse(/([zZ]|[+-]\d\d(:?\d\d)?)$/.test(value.slice(10)) ? value : `${value.replace(' ', 'T')}Z`));
}

// 1e11 seconds is the year 5138, 1e11 ms is 1973.
function fromNumber(number: number): number | undefined {
  return finite(number < 1e11 ? number * 1_000 : number);
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
