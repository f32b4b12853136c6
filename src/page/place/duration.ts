const units: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** `2 min`, `3 h`: one number, as much as fits into a column. Below a second it is `now` for ages and ms for lags. */
export function age(ms: number): string {
  for (const [length, name] of units) {
    if (ms >= length) return `${Math.floor(ms / length)} ${name}`;
  }
  return 'now';
}

export const ago = (ms: number): string => (ms < 1_000 ? 'just now' : `${age(ms)} ago`);

/** `850 ms`, `1.2 s`, `30 s`. */
export function lag(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : age(ms);
}

/** `14:03:18`, local time. */
export const clock = (date: Date): string => date.toLocaleTimeString('en-GB');

/** `27 Nov 14:03:18`, local time; for what may be of another day. */
export function moment(date: Date): string {
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${clock(date)}`;
}
