/**
 * How things are measured: always against something else in the same run, alternating, and told as medians, because the
 * machine is never quiet.
 */
import { measure } from 'mitata';

/** @param {number[]} values @param {number} share 0.5 is the median */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * Nanoseconds per operation of functions that are a few of them long: mitata's own sampling, taken in turns.
 *
 * @template {string} K
 * @param {Record<K, () => unknown>} functions each does `operations` operations
 * @param {{ operations: number, rounds: number, sampleMs: number }} options
 * @returns {Promise<Record<K, number>>} the median over the rounds of mitata's median
 */
export async function nanoseconds(functions, { operations, rounds, sampleMs }) {
  const taken = lists(functions);
  for (let round = 0; round < rounds; round++) {
    for (const name of inTurn(functions, round)) {
      const { p50 } = await measure(functions[name], { min_cpu_time: sampleMs * 1e6, gc: false });
      taken[name].push(p50 / operations);
    }
  }
  return medians(taken);
}

/**
 * Milliseconds of functions that take some, A B A B, on a heap that was cleared before each.
 *
 * @template {string} K
 * @param {Record<K, () => unknown>} functions
 * @param {{ rounds: number, warmup?: number }} options
 * @returns {Record<K, number>}
 */
export function milliseconds(functions, { rounds, warmup = 3 }) {
  const taken = lists(functions);
  for (let round = -warmup; round < rounds; round++) {
    for (const name of inTurn(functions, round)) {
      const ms = timed(functions[name]);
      if (round >= 0) taken[name].push(ms);
    }
  }
  return medians(taken);
}

/** ms of one call that starts on a cleared heap. @param {() => unknown} work */
export function timed(work) {
  gc();
  const start = performance.now();
  const result = work();
  const ms = performance.now() - start;
  keep(result);
  return ms;
}

/** Where results go, so that nobody can say they are not needed. */
let kept;
function keep(result) {
  kept = result;
  if (kept === keep) throw new Error('never');
  kept = undefined;
}

// Every other round the other way round: who goes second must not always find the caches warm.
function inTurn(functions, round) {
  const names = Object.keys(functions);
  return round % 2 === 0 ? names : names.reverse();
}

function lists(functions) {
  return Object.fromEntries(Object.keys(functions).map((name) => [name, []]));
}

export function medians(taken) {
  return Object.fromEntries(Object.entries(taken).map(([name, values]) => [name, median(values)]));
}

/** The slope of the straight line that fits best. @param {[x: number, y: number][]} points */
export function slope(points) {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/** Bytes that are held after everything that can go has gone. `external` includes the contents of buffers. */
export async function heldMemory() {
  // Weak references are cleared in one turn and what they held in the next collection.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external, all: heapUsed + external };
}
