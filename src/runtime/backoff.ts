import { setTimeout as sleepFor } from 'node:timers/promises';

// Sooner than that after it was opened, the next failure of a feed is the same trouble, not a new one.
export const steadyMs = 5_000;

const longestDelayMs = 5_000;

/**
 * ms before the next try: full jitter, doubling from 100 ms, at most 5 s.
 *
 * @param atLeast what the source asks for, such as a `Retry-After`; beyond 5 s it would break the promise of 10 s
 * @param atMost  what the source offers, because asking it costs little
 */
export function nextDelay(attempt: number, random: () => number, atLeast = 0, atMost = longestDelayMs): number {
  const delay = Math.round(random() * Math.min(longestDelayMs, atMost, 100 * 2 ** Math.min(attempt, 16)));
  return Math.min(longestDelayMs, Math.max(delay, atLeast));
}

/** Tells whether the time has passed, rather than that `signal` aborted; keeps no process alive. */
export async function sleepUnref(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleepFor(ms, undefined, { signal, ref: false });
    return true;
  } catch {
    return false; // aborted
  }
}
