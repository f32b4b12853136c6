/** When changes began to come, and when the last one came; ms. */
export interface Burst {
  readonly first: number;
  readonly last: number;
}

/** When a burst is written: after a quiet time, or when four of them have passed since it began. */
export function dueAt({ first, last }: Burst, quietMs: number): number {
  return Math.min(last + quietMs, first + 4 * quietMs);
}
