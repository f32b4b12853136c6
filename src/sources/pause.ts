/** Waits `ms`, or until `signal` aborts; keeps no process alive. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A pause moved by up to 10 % either way, so that many hosts do not ask at once. */
export function jittered(ms: number): number {
  return ms * (0.9 + 0.2 * Math.random());
}
