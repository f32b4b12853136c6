import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the event loop was held at most while `work` ran, seen by an immediate that runs all the time. */
export async function longestHold(work) {
  let longest = 0;
  let last = performance.now();
  let watching = true;
  const watch = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(watch);
  };
  watch();
  const start = performance.now();
  const result = await work();
  const tookMs = performance.now() - start;
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  watching = false;
  return { longest, tookMs, result };
}
