import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import type { FullReading } from '../../../src/core/model.js';
import { reading, remembering, scratch } from './rig.js';

/** 100,000 entries, 10 MB. */
function large(word: string): FullReading {
  const pairs = Array.from({ length: 100_000 }, (_, index): [string, string] => [`service.gateway.section-${index % 97}.property-${index}`, `${word} ${index} `.padEnd(60, 'x')]);
  return reading(pairs, { version: word });
}

interface Loop {
  /** The longest time that the event loop was held, in ms. */
  readonly longest: number;
  readonly turns: number;
}

async function watched(work: () => Promise<void>): Promise<Loop> {
  let isRunning = true;
  let longest = 0;
  let turns = 0;
  const look = async (): Promise<void> => {
    let last = performance.now();
    while (isRunning) {
      await turn();
      turns++;
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
  };
  const looking = look();
  await work();
  isRunning = false;
  await looking;
  return { longest, turns };
}

function timed<T>(work: () => T): [T, number] {
  const began = performance.now();
  const result = work();
  return [result, performance.now() - began];
}

const ms = (time: number): string => `${time.toFixed(1)} ms`;

describe.each([
  { kind: 'plain', options: {} },
  { kind: 'encrypted', options: { encrypt: randomBytes(32) } },
])('10 MB, $kind', ({ kind, options }) => {
  it('are written without holding the event loop for long, and recalled in about the time that JSON takes', async () => {
    const path = join(scratch(), 'store.cache');
    const store = remembering(path, { ...options, writeEveryMs: 0 });
    await store.save(large('warm'));
    const [held, same] = [large('cold'), large('cold')];
    globalThis.gc?.(); // what was made just now is not what is measured
    let listing = 0;
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const writing = await watched(() => {
      [, listing] = timed(() => store.keep(held));
      return store.memory.close();
    });
    const took = performance.now() - began;
    const worked = process.cpuUsage(cpu).user / 1000;
    const unchanged = await watched(() => store.save(same));

    const text = JSON.stringify([...held.entries]);
    const json = Math.min(...Array.from({ length: 3 }, () => timed(() => new Map(JSON.parse(text) as [string, string][]))[1]));
    const times = Array.from({ length: 3 }, () => timed(() => remembering(path, options).recall()));
    const recall = Math.min(...times.map(([, time]) => time));
    process.stdout.write(`10 MB ${kind}: keep() ${ms(listing)}, written in ${ms(took)} (${ms(worked)} of work), loop held ${ms(writing.longest)} at most, ${ms(unchanged.longest)} when unchanged; recalled in ${ms(recall)}, first ${ms(times[0]![1])}; JSON.parse ${ms(json)}\n`);

    expect(store.problems).toEqual([]);
    expect(times[0]![0]!.entries).toEqual(held.entries);
    // Times of a shared machine say little: the loop has its turn after each of some 160 lines.
    expect(writing.turns).toBeGreaterThan(100);
    expect(unchanged.turns).toBeGreaterThan(15);
    expect(recall).toBeLessThan(5 * json + 100);
  }, 60_000);
});
