import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonText, plainEntries } from '../lib/data.js';
import { ms, ratio } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { extents, openLargeFile } from '../lib/large-file.js';
import { medians } from '../lib/measure.js';

/** Bounds of the total work, by extent; of every key changed nothing was promised but that it does not hold the loop. */
const workBounds = [0.2, 0.25, 0.4, undefined];
const holdBound = 0.2;
/** ms after the rename in which a reload that tells nobody is over. */
const unheardMs = 150;
/** ms after the callback that still count: what is cleared up then is part of the work. */
const restMs = 30;

/** ms after a collection in which other threads go on sweeping and giving memory back. */
const sweepMs = 100;

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const rounds = quick ? 3 : 11;
  const text = jsonText(plainEntries());
  return withFolder(async (folder) => {
    const large = await openLargeFile(folder);
    const reload = (extent) => async () => {
      await large.put();
      if (extent.changes === 0) await sleep(unheardMs);
      else await large.next();
      await sleep(restMs);
    };
    const parse = async () => {
      JSON.parse(text);
      await sleep(restMs);
    };
    const tick = await alternate(large, { reload, parse, measure: longestTick, rounds });
    const delay = await alternate(large, { reload, parse, measure: longestDelay, rounds });
    const work = await alternate(large, { reload, parse, measure: workOf, rounds });
    await large.close();
    return {
      title: 'reload: a .properties file of 10 MB, 100,000 keys, is replaced; 1,000 properties with listeners',
      method: `JSON.parse of the same data before each reload, both on a cleared heap; medians of ${rounds}; another process writes; the settling time, in which nothing runs, is in none of them`,
      figures: [...holdFigures(tick, 'setImmediate'), ...holdFigures(delay, 'monitorEventLoopDelay'), ...workFigures(work)],
    };
  });
}

/** Each extent in turn, each after a JSON.parse. */
async function alternate(large, { reload, parse, measure, rounds }) {
  const taken = extents.map(() => ({ ours: [], json: [] }));
  for (let round = -1; round < rounds; round++) {
    for (const [at, extent] of extents.entries()) {
      const json = await measure(parse);
      await large.prepare(extent.changes);
      const ours = await measure(reload(extent));
      if (round < 0) continue;
      taken[at].ours.push(ours);
      taken[at].json.push(json);
    }
  }
  return taken.map(({ ours, json }) => ({ ours: mediansOf(ours), json: mediansOf(json) }));
}

function mediansOf(records) {
  const names = Object.keys(records[0]);
  return medians(Object.fromEntries(names.map((name) => [name, records.map((record) => record[name])])));
}

/**
 * How long the event loop did not turn, at the longest, seen by an immediate that runs again and again. It never lets the
 * thread sleep, so where processors are few the system takes it away now and then, and that counts too.
 */
async function longestTick(work) {
  gc();
  const ticker = startTicker();
  await sleep(5);
  ticker.reset();
  await work();
  return { hold: ticker.stop() };
}

/** The same, seen by Node's own monitor: from tick to tick of a timer of 1 ms. */
async function longestDelay(work) {
  gc();
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  await sleep(5); // it counts from its second tick on
  await work();
  monitor.disable();
  return { hold: Math.max(0, monitor.max / 1e6 - 1) };
}

function startTicker() {
  let longest = 0;
  let last = performance.now();
  let running = true;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  return {
    reset: () => (longest = 0),
    stop() {
      running = false;
      return longest;
    },
  };
}

/**
 * What the work took: `cpu` of all threads of the process, collectors and file readers included, and `busy`, the time in
 * which the event loop was not waiting.
 */
async function workOf(work) {
  gc();
  await sleep(sweepMs);
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  await work();
  const { active } = performance.eventLoopUtilization(loop);
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1000, busy: active };
}

function holdFigures(taken, how) {
  return taken.map(({ ours, json }, at) =>
    ratio(`longest hold of the event loop, ${extents[at].name}`, ms(ours.hold), ms(json.hold, 'JSON.parse'), holdBound, how),
  );
}

function workFigures(work) {
  return work.flatMap(({ ours, json }, at) => {
    const name = `work in all, ${extents[at].name}`;
    return [
      ratio(name, ms(ours.cpu), ms(json.cpu, 'JSON.parse'), workBounds[at], 'CPU of all threads'),
      ratio(name, ms(ours.busy), ms(json.busy, 'JSON.parse'), workBounds[at], 'event loop busy'),
    ];
  });
}
