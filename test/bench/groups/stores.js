import { createConfig } from 'calumma';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf, plainEntries, random } from '../lib/data.js';
import { absolute, ms } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { harness } from '../lib/harness.js';
import { longestHold } from '../lib/holding.js';
import { quantile } from '../lib/measure.js';
import { stores } from '../lib/stores.js';

const keys = 100_000;
const holdBound = 20;
const patienceMs = 15_000;

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const started = await harness();
  const figures = [];
  const facts = [];
  for (const [name, open] of Object.entries(stores)) {
    await withFolder(async (folder) => {
      let store;
      try {
        store = await open(started, folder);
      } catch (error) {
        facts.push(`${name} was not measured: ${error.message.split('\n')[0]}`);
        return;
      }
      try {
        figures.push(...(await changesOf(store, quick)), ...(await loadsOf(store, quick, started)));
      } finally {
        await store.close();
      }
    });
  }
  return {
    title: 'stores: from a change by somebody else to the callback, and 10 MB in 100,000 keys',
    method: `${quick ? 60 : 1_000} changes of one key, each 0 to 15 ms after the one before was told; loads and holds are medians of ${quick ? 3 : 7}; mariadb and url look every 200 ms here (± 10 %)`,
    figures,
    facts,
  };
}

async function changesOf(store, quick) {
  const next = random(7);
  await store.put('latency', '-1');
  const config = await createConfig({ layers: [store.source()] }).ready();
  const property = config.getIntProperty('latency', 0);
  const taken = [];
  let lost = 0;
  for (let change = 0; change < (quick ? 60 : 1_000); change++) {
    const told = untilIs(property, change);
    const start = performance.now();
    await store.put('latency', String(change));
    const at = await told;
    if (at === undefined) lost++;
    else taken.push(at - start);
    await sleep(next() * 15);
  }
  await config.close();
  return [
    absolute(`${store.name}: change to callback, median`, ms(quantile(taken, 0.5)), store.bounds.p50),
    absolute(`${store.name}: p99`, ms(quantile(taken, 0.99)), store.bounds.p99),
    absolute(`${store.name}: changes not told within ${patienceMs / 1000} s`, { value: lost, unit: '' }, 0),
  ];
}

async function loadsOf(store, quick, { openProxy }) {
  await store.fill(plainEntries(3, keys));
  const loads = [];
  const updates = [];
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    const proxy = store.port === undefined ? undefined : await openProxy(store.port);
    const config = createConfig({ layers: [store.source(proxy?.port)], maxBytes: '20MB' });
    const property = config.getStringProperty(keyOf(5), '');
    gc();
    const load = await longestHold(() => config.ready({ timeoutMs: 60_000 }));
    if (config.keys().length < keys) throw new Error(`${store.name}: read ${config.keys().length} keys`);
    loads.push({ ...load, bytes: proxy?.bytes.toClient });
    gc();
    const before = proxy?.bytes.toClient ?? 0;
    const update = await longestHold(async () => {
      const told = untilIs(property, `changed ${round}`);
      await (store.putOne ?? store.put)(keyOf(5), `changed ${round}`);
      if ((await told) === undefined) throw new Error(`${store.name}: a change was not told`);
    });
    updates.push({ ...update, bytes: proxy === undefined ? undefined : proxy.bytes.toClient - before });
    await config.close();
    await proxy?.close();
  }
  const median = (list, what) => quantile(list.map((one) => one[what]), 0.5);
  const moved = updates[0].bytes === undefined ? [] : [absolute(`${store.name}: one row changed, bytes read`, { value: median(updates, 'bytes') / 1000, unit: 'kB' }, store.name === 'url' ? undefined : 10, `${Math.round(median(loads, 'bytes') / 1e6)} MB the first time`)];
  return [
    absolute(`${store.name}: first load of 10 MB`, ms(median(loads, 'tookMs'))),
    absolute(`${store.name}: event loop held meanwhile, longest`, ms(median(loads, 'longest')), holdBound),
    ...moved,
    absolute(`${store.name}: one row changed, event loop held`, ms(median(updates, 'longest')), holdBound),
  ];
}

/** The time at which the listener hears of `value`; `undefined` when it does not. */
function untilIs(property, value) {
  return new Promise((resolve) => {
    const end = property.onChange((now) => (now === value ? finish(performance.now()) : undefined));
    const timer = setTimeout(() => finish(undefined), patienceMs);
    const finish = (at) => {
      clearTimeout(timer);
      end();
      resolve(at);
    };
  });
}
