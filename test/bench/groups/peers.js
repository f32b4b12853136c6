import { watchConfig } from 'c12';
import convict from 'convict';
import { createConfig, file } from 'calumma';
import { do_not_optimize } from 'mitata';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ms, ns, ratio } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { median, nanoseconds } from '../lib/measure.js';

const require = createRequire(import.meta.url);
const nconf = require('nconf');

const data = {
  gateway: { limit: 50, timeout: '2s', hosts: 'a.example,b.example', retry: { attempts: 3, backoff: '100ms' } },
  store: { url: 'postgres://store.example/orders', pool: { min: 2, max: 20 }, ssl: true },
  log: { level: 'info', format: 'json' },
};
const operations = 100;

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  return withFolder(async (folder) => {
    const filePath = path.join(folder, 'default.json');
    writeFileSync(filePath, JSON.stringify(data, undefined, 2));
    const nodeConfig = await loadNodeConfig(folder);
    const reads = await readOne(filePath, nodeConfig, { operations, rounds: quick ? 3 : 9, sampleMs: 40 });
    const loads = await loadSmall(folder, filePath, nodeConfig, quick ? 40 : 200);
    return {
      title: 'peers: one key read, a small JSON file loaded, by other libraries',
      method: `reads: medians of ${quick ? 3 : 9} alternating rounds; loads: medians of ${quick ? 40 : 200} alternating, file to first value`,
      figures: [...reads.ours, loads.ours],
      peers: [...reads.peers, ...loads.peers],
      facts: await c12Facts(folder),
    };
  });
}

/** Its folder is an environment variable that is read when it is imported. */
async function loadNodeConfig(folder) {
  process.env.NODE_CONFIG_DIR = folder;
  process.env.SUPPRESS_NO_CONFIG_WARNING = 'true';
  const { default: config } = await import('config');
  return config;
}

async function readOne(filePath, nodeConfig, options) {
  const config = createConfig({ layers: [file(filePath, { watch: false })] });
  const limit = config.getIntProperty('gateway.limit', 0);
  const store = new nconf.Provider().file({ file: filePath });
  const checked = convictOver(filePath);
  const map = new Map(config.snapshot().entries());
  const reads = {
    property: () => limit.get(),
    config: () => config.get('gateway.limit'),
    map: () => map.get('gateway.limit'),
    'node-config': () => nodeConfig.get('gateway.limit'),
    nconf: () => store.get('gateway:limit'),
    convict: () => checked.get('gateway.limit'),
  };
  for (const [name, read] of Object.entries(reads)) if (Number(read()) !== 50) throw new Error(`${name} reads ${String(read())}`);
  const taken = await nanoseconds(mapped(reads, repeated), options);
  await config.close();
  const yardstick = ns(taken.map, 'Map.get');
  return {
    ours: [
      ratio('read of one key, property.get()', ns(taken.property), yardstick),
      ratio('read of one key, config.get(key)', ns(taken.config), yardstick),
    ],
    peers: ['node-config', 'nconf', 'convict'].map((name) => ratio(`read of one key, ${name}`, ns(taken[name]), yardstick)),
  };
}

/** A loop made anew for each, so that none runs in code that was compiled for another. @param {() => unknown} read */
function repeated(read) {
  return new Function('read', 'keep', `return () => { for (let i = 0; i < ${operations}; i++) keep(read()); }`)(read, do_not_optimize);
}

function mapped(record, fn) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value)]));
}

function convictOver(filePath) {
  const leaf = (value) => ({ default: value, format: '*' });
  const schema = (tree) => mapped(tree, (value) => (typeof value === 'object' ? schema(value) : leaf(value)));
  return convict(schema(data)).loadFile(filePath);
}

async function loadSmall(folder, filePath, nodeConfig, rounds) {
  const loads = {
    json: () => JSON.parse(readFileSync(filePath, 'utf8')).gateway.limit,
    ours: () => {
      const config = createConfig({ layers: [file(filePath)] });
      config.get('gateway.limit');
      return () => config.close();
    },
    'node-config': () => nodeConfig.util.loadFileConfigs(folder).gateway.limit,
    nconf: () => new nconf.Provider().file({ file: filePath }).get('gateway:limit'),
    convict: () => convictOver(filePath).get('gateway.limit'),
  };
  const taken = mapped(loads, () => []);
  for (let round = -20; round < rounds; round++) {
    for (const [name, load] of Object.entries(loads)) {
      const start = performance.now();
      const result = load();
      if (round >= 0) taken[name].push(performance.now() - start);
      const close = await result;
      if (typeof close === 'function') await close();
    }
  }
  const amount = (name) => ms(median(taken[name]));
  const yardstick = { ...amount('json'), name: 'readFileSync + JSON.parse' };
  return {
    ours: ratio('small file loaded, watched from then on', amount('ours'), yardstick),
    peers: ['node-config', 'nconf', 'convict'].map((name) => ratio(`small file loaded, ${name}`, amount(name), yardstick)),
  };
}

/** Whether what c12 hands over after a rewrite of the file is what stands in it then. */
async function c12Facts(folder) {
  const facts = [];
  for (const [extension, textOf] of [
    ['json', (value) => JSON.stringify({ limit: value })],
    ['mjs', (value) => `export default { limit: ${value} };\n`],
    ['ts', (value) => `export default { limit: ${value} as number };\n`],
  ]) {
    const cwd = path.join(folder, `c12-${extension}`);
    mkdirSync(cwd);
    facts.push(`c12 (watchConfig), app.config.${extension}: ${await rewriteUnderC12(cwd, `app.config.${extension}`, textOf)}`);
  }
  return facts;
}

async function rewriteUnderC12(cwd, name, textOf) {
  const filePath = path.join(cwd, name);
  writeFileSync(filePath, textOf(1));
  let told;
  const watcher = await watchConfig({ cwd, name: 'app', onUpdate: ({ newConfig }) => (told = newConfig.config.limit) });
  const first = watcher.config.limit;
  await sleep(500); // its watcher says nothing when it has begun
  writeFileSync(filePath, textOf(2));
  for (let waited = 0; told === undefined && waited < 3_000; waited += 20) await sleep(20);
  const after = watcher.config.limit;
  await watcher.unwatch();
  const heard = told === undefined ? 'onUpdate was not called within 3 s' : `onUpdate gave ${told}`;
  return `${first} rewritten to 2: ${heard}, config.limit reads ${after} afterwards`;
}
