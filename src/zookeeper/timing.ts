/** Time as the client sees it; a test may bring its own. */
export interface Clock {
  /** Milliseconds from some moment on; never goes back. */
  now(): number;
  after(ms: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
  /** Whether it keeps the process alive. At first it does not. */
  hold(alive: boolean): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return {
      cancel: () => clearTimeout(timer),
      hold(alive) {
        if (alive) timer.ref();
        else timer.unref();
      },
    };
  },
};

const shortestPause = 100;
const longestPause = 2_000;

/**
 * How long to wait before the next try, in milliseconds: nothing for the first one, then somewhere between 0.1 s and a
 * bound that doubles up to 2 s, so that the clients of a dead server do not come back all at once.
 *
 * @param failures tries in a row that led nowhere
 */
export function reconnectDelay(failures: number, random: () => number): number {
  if (failures === 0) return 0;
  const bound = Math.min(longestPause, shortestPause * 2 ** failures);
  return shortestPause + random() * (bound - shortestPause);
}

/** A connection that ended sooner counts as a failed try: a server that takes and drops us at once must not be a storm. */
export const settledAfterMs = 1_000;

/** As in the Java client: a server that is silent for two thirds of the session leaves a third to find another. */
export function readTimeout(sessionMs: number): number {
  return (sessionMs * 2) / 3;
}

/** All servers can be tried within one session. */
export function connectTimeout(sessionMs: number, servers: number): number {
  return Math.max(1, sessionMs / servers);
}

export type Beat = { readonly silent: true } | { readonly silent: false; readonly ping: boolean; readonly nextInMs: number };

/** What is due now on a connection that last heard and last sent something at these times. */
export function beat(now: number, heard: number, sent: number, readMs: number): Beat {
  const silence = now - heard;
  if (silence >= readMs) return { silent: true };
  const pause = readMs / 2;
  const ping = now - sent >= pause;
  return { silent: false, ping, nextInMs: Math.max(1, Math.min(readMs - silence, ping ? pause : pause - (now - sent))) };
}
