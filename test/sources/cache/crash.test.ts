import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { recalled, scratch, script, temporaryFiles, useBundle } from './rig.js';

const bundle = useBundle();

/** Writes state after state, each of 2,000 equal values, and says which one is on disk. */
const writer = `
  import { memoryIn } from './cache.mjs';
  const memory = memoryIn(process.argv[2], 'store', JSON.parse(process.argv[3]));
  const fail = (problem) => console.log('problem: ' + problem.message);
  const keys = Array.from({ length: 2_000 }, (_, index) => 'key.' + index);
  let state = Number(memory.recall(fail)?.version ?? 0);
  console.log('from ' + state);
  for (;;) {
    state++;
    memory.keep({ kind: 'full', entries: new Map(keys.map((key) => [key, String(state)])), version: String(state) }, fail);
    await memory.close();
    console.log(String(state));
  }
`;

const kills = 100;
const lanes = 4;
/** A loaded machine starts fewer. */
const boundMs = 20_000;

it('a writer that is killed at any moment leaves the last state it had finished, or the one it was at', async () => {
  const end = performance.now() + boundMs;
  const lane = async (_: unknown, index: number): Promise<number> => {
    const folder = scratch();
    const options = index % 2 === 0 ? {} : { encrypt: 'ab'.repeat(32) };
    let count = 0;
    for (let last = 0; count < kills / lanes && performance.now() < end; count++) last = await killOnce(folder, options, last);
    return count;
  };
  const counts = await Promise.all(Array.from({ length: lanes }, lane));
  const count = counts.reduce((sum, one) => sum + one, 0);
  process.stdout.write(`killed ${count} writers\n`);
  expect(count).toBeGreaterThanOrEqual(lanes);
}, 60_000);

/** @returns the state that was found */
async function killOnce(folder: string, options: { readonly encrypt?: string }, before: number): Promise<number> {
  const running = script(bundle(), writer, folder, JSON.stringify({ ...options, writeEveryMs: 0 }));
  while (!running.lines.some((line) => /^\d+$/.test(line))) await running.line();
  await sleep(Math.random() * 20);
  running.child.kill('SIGKILL');
  expect(await running.ended).toBe('SIGKILL');
  expect(running.lines[0]).toBe(`from ${before}`);
  const finished = Number(running.lines.at(-1));
  const { reading, told } = recalled(join(folder, 'store.cache'), options);
  expect(told).toEqual([]);
  const state = Number(reading?.version);
  expect([finished, finished + 1]).toContain(state);
  expect(reading!.entries.size).toBe(2_000);
  expect(new Set(reading!.entries.values())).toEqual(new Set([String(state)]));
  expect(temporaryFiles(folder).length).toBeLessThanOrEqual(2 * kills); // removed once they are old
  return state;
}

/** In each of three threads, writes 100 states, every one of which is whole in itself. */
const rival = `
  import { isMainThread, Worker, workerData } from 'node:worker_threads';
  import { memoryIn } from './cache.mjs';
  const [folder, name] = isMainThread ? process.argv.slice(2) : workerData;
  if (isMainThread) for (const letter of 'ab') new Worker(new URL(import.meta.url), { workerData: [folder, name + letter] });
  const memory = memoryIn(folder, 'store', { writeEveryMs: 0 });
  const fail = (problem) => console.log('problem: ' + problem.message);
  memory.recall(fail);
  for (let state = 1; state <= 100; state++) {
    const version = name + '/' + state;
    memory.keep({ kind: 'full', entries: new Map(Array.from({ length: 500 }, (_, index) => ['key.' + index, version])), version }, fail);
    await memory.close();
  }
  console.log('done');
`;

it('writers in several processes and threads never corrupt each other', async () => {
  const folder = scratch();
  const path = join(folder, 'store.cache');
  const rivals = ['x', 'y', 'z'].map((name) => script(bundle(), rival, folder, name));
  let working = rivals.length;
  for (const { ended } of rivals) void ended.then(() => working--);
  const seen = new Set<string>();
  while (working > 0) {
    const { reading, told } = recalled(path);
    expect(told).toEqual([]);
    if (reading === undefined) expect(seen.size).toBe(0);
    else seen.add(whole(reading.entries, reading.version));
    await sleep(1);
  }
  for (const { lines, ended } of rivals) expect([await ended, lines]).toEqual([0, ['done', 'done', 'done']]);
  expect(seen.size).toBeGreaterThan(10);
  expect(temporaryFiles(folder)).toEqual([]);
}, 30_000);

/** The writer of a state, every value of which is the same. */
function whole(entries: ReadonlyMap<string, string>, version: string | undefined): string {
  expect(entries.size).toBe(500);
  expect(new Set(entries.values())).toEqual(new Set([version]));
  return version!;
}

it('a write under way is finished before the process ends; one that waits for its turn keeps nobody', async () => {
  const folder = scratch();
  const running = script(
    bundle(),
    `
      import { memoryIn } from './cache.mjs';
      const memory = memoryIn(process.argv[2], 'store', { writeEveryMs: 60_000 });
      const state = (value) => ({ kind: 'full', entries: new Map(Array.from({ length: 50_000 }, (_, index) => ['key.' + index, value])) });
      memory.keep(state('1'), console.log);
      memory.keep(state('2'), console.log);
      console.log('end');
    `,
    folder,
  );
  expect(await running.ended).toBe(0);
  expect(running.lines).toEqual(['end']);
  const { reading, told } = recalled(join(folder, 'store.cache'));
  expect(told).toEqual([]);
  expect(reading!.entries.size).toBe(50_000);
  expect(new Set(reading!.entries.values())).toEqual(new Set(['1']));
});
