import { createConfig } from 'calumma';
import { TreeCache, zookeeper } from 'calumma/zookeeper';
import { absolute, ms } from '../figure.js';
import { longestHold } from '../holding.js';
import { heldMemory, quantile } from '../measure.js';
import { nodeCount, root, useClient } from './ensemble.js';

/** Loading and comparing 10,000 nodes, and what they take. */
export async function trees({ url }, quick) {
  const rounds = [];
  for (let round = 0; round < (quick ? 3 : 9); round++) rounds.push(await useClient(url, (client) => oneTree(client)));
  const configs = [];
  for (let round = 0; round < (quick ? 3 : 7); round++) configs.push(await oneConfig(url));
  return [
    ...timesOf('first load of 10,000 nodes and 10 MB', rounds.map(({ load }) => load), 500),
    ...timesOf('reconcile of the same', rounds.map(({ reconcile }) => reconcile), 300),
    ...timesOf('the comparison once a minute', rounds.map(({ comparison }) => comparison)),
    ...timesOf('a config with them: createConfig until ready()', configs, 500),
    absolute('memory of a node beside its key and value, median', { value: quantile(rounds.map(({ perNode }) => perNode), 0.5), unit: 'bytes' }, 200),
  ];
}

function timesOf(name, list, bound) {
  const times = list.map(({ tookMs }) => tookMs);
  const holds = list.map(({ longest }) => longest);
  return [
    absolute(`${name}, median`, ms(quantile(times, 0.5)), bound, `${Math.round(times[0])} the first time, least ${Math.round(Math.min(...times))}`),
    absolute(`${name}: event loop held meanwhile, median of the longest`, ms(quantile(holds, 0.5)), undefined, `most ${Math.max(...holds).toFixed(1)}`),
  ];
}

async function oneTree(client) {
  await client.connect();
  const before = await heldMemory();
  const cache = new TreeCache(client, root);
  const load = await longestHold(() => cache.start().ready());
  const perNode = beside(cache, (await heldMemory()).all - before.all);
  const comparison = await longestHold(async () => {
    const checked = new Promise((resolve) => cache.on('checked', resolve));
    cache.reconcile();
    await checked;
  });
  await cache.close();
  gc();
  // As after a broken connection: everything is read by a cache that has it.
  const again = new TreeCache(client, root, { from: cache });
  const reconcile = await longestHold(() => again.start().ready());
  await again.close();
  return { load, comparison, reconcile, perNode };
}

function beside(cache, bytes) {
  if (cache.size < nodeCount) throw new Error(`expected ${nodeCount} nodes, found ${cache.size}`);
  let own = 0;
  for (const { path, stat } of cache) own += path.length - root.length + stat.dataLength;
  return (bytes - own) / cache.size;
}

async function oneConfig(connect) {
  gc();
  let config;
  const result = await longestHold(async () => {
    config = createConfig({ layers: [zookeeper({ connect, root })], maxBytes: '20MB' });
    await config.ready({ timeoutMs: 20_000 });
  });
  const found = config.keys().length;
  await config.close();
  if (found < nodeCount) throw new Error(`expected ${nodeCount} keys, found ${found}`);
  return result;
}
