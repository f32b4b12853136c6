import { configure, createConfig, getStringProperty, values } from 'calumma';
import { do_not_optimize } from 'mitata';
import { keyCount, keyOf, plainEntries, random, shuffle } from '../lib/data.js';
import { absolute, ns, ratio } from '../lib/figure.js';
import { sixLayers } from '../lib/layers.js';
import { nanoseconds } from '../lib/measure.js';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const rounds = quick ? 3 : 9;
  const few = { rounds, sampleMs: quick ? 20 : 60 };
  const many = { rounds, sampleMs: quick ? 40 : 150 };
  return {
    title: 'read: what a read costs',
    method: `medians of ${rounds} alternating rounds of mitata; keys in a random order; the length of each value is read, so that both sides fetch it`,
    figures: [...(await propertyGet(few)), ...(await lookups(few, many))],
  };
}

/**
 * A thousand properties, each of which holds the index of the next one to read, in a random circle: nothing can be
 * folded, hoisted or overlapped with the read before it, so this is what one read takes.
 */
async function propertyGet(options) {
  const count = 1_000;
  const { config, properties, circle } = numbers(count);
  const nested = circle.map((next) => JSON.parse(`{"a":{"b":{"c":${next}}}}`));
  const taken = await nanoseconds({ get: () => followGets(properties), nested: () => followNested(nested) }, { operations: count, ...options });
  const figures = [
    ratio('property.get()', ns(taken.get), ns(taken.nested, 'o.a.b.c'), 0.5),
    await inALoop(properties, nested, options),
    absolute('bytes allocated per property.get()', { value: allocatedPerGet(properties), unit: 'B' }, 0),
  ];
  await config.close();
  return figures;
}

/** Properties whose values lead from one to the other until all were read. */
function numbers(count) {
  const order = shuffle(Array.from({ length: count }, (_, index) => index), random(5));
  const circle = [];
  for (const [at, index] of order.entries()) circle[index] = order[(at + 1) % count];
  const config = createConfig({ layers: [values(new Map(circle.map((next, index) => [keyOf(index), String(next)])))] });
  return { config, circle, properties: circle.map((_, index) => config.getIntProperty(keyOf(index), 0)) };
}

function followGets(properties) {
  let at = 0;
  for (let i = 0; i < properties.length; i++) at = properties[at].get();
  do_not_optimize(at);
}

function followNested(objects) {
  let at = 0;
  for (let i = 0; i < objects.length; i++) at = objects[at].a.b.c;
  do_not_optimize(at);
}

/** One after the other, where the processor reads ahead and the loop itself is most of it. */
async function inALoop(properties, nested, options) {
  const taken = await nanoseconds({ get: () => sumOfGets(properties), nested: () => sumOfFields(nested) }, { operations: properties.length, ...options });
  return ratio('property.get(), summed up in array order', ns(taken.get), ns(taken.nested, 'o.a.b.c'));
}

function sumOfGets(properties) {
  let sum = 0;
  for (let i = 0; i < properties.length; i++) sum = (sum + properties[i].get()) | 0;
  do_not_optimize(sum);
}

function sumOfFields(objects) {
  let sum = 0;
  for (let i = 0; i < objects.length; i++) sum = (sum + objects[i].a.b.c) | 0;
  do_not_optimize(sum);
}

/** A million gets: even eight bytes each would be 8 MB, half of the young generation, so no collection can hide them. */
function allocatedPerGet(properties) {
  const passes = Math.ceil(1e6 / properties.length);
  const allocated = () => {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let pass = 0; pass < passes; pass++) sumOfGets(properties);
    return process.memoryUsage().heapUsed - before;
  };
  allocated();
  const bytes = Math.min(...Array.from({ length: 5 }, allocated));
  // What is left are some kilobytes of the engine's own and of memoryUsage(): an object costs 12 bytes at the least.
  return Math.round((bytes / (passes * properties.length)) * 10) / 10;
}

async function lookups(few, many) {
  const config = createConfig({ layers: sixLayers(plainEntries()).layers });
  configure(config);
  // Strings of their own: neither side may find the very object that it holds.
  const names = shuffle(Array.from({ length: keyCount }, (_, index) => keyOf(index)), random(6));
  const hot = names.slice(0, 100);
  // Fewer than the config remembers; those it does not remember are told apart below.
  const absent = Array.from({ length: 5_000 }, (_, index) => copyOf(`gateway.absent.instance-${index}`));
  // The very strings that the config holds, so that not their places in memory are compared. And in another order than
  // the measurement reads: what was read first may lie first.
  const map = new Map();
  for (let index = 0; index < keyCount; index++) {
    const name = keyOf(index);
    map.set(name, config.get(name));
  }
  for (const name of absent) config.get(name);
  shuffle(absent, random(11));
  const figures = [
    await against(config, map, 'config.get(key), hit, 100,000 keys', names, 1.5, many),
    await against(config, map, 'config.get(key), hit, 100 of them', hot, undefined, few),
    await against(config, map, 'config.get(key), miss in 6 layers', absent, 1.5, few),
    await typed('config.getStringProperty(name, d).get(), 100 names', (name) => config.getStringProperty(name, ''), map, hot, few),
    await typed('getStringProperty(name, d).get(), 100 names', (name) => getStringProperty(name, ''), map, hot, few),
    await typed('config.getStringProperty(name, d).get(), 100,000 names', (name) => config.getStringProperty(name, ''), map, names, many),
  ];
  figures.push(await newMisses(config, map));
  await config.close();
  return figures;
}

async function against(config, map, name, keys, bound, options) {
  const get = () => {
    let length = 0;
    for (let i = 0; i < keys.length; i++) length += config.get(keys[i])?.length ?? 0;
    do_not_optimize(length);
  };
  const taken = await nanoseconds({ get, map: readsOf(map, keys) }, { operations: keys.length, ...options });
  return ratio(name, ns(taken.get), ns(taken.map, 'Map.get'), bound);
}

/** @param {(name: string) => { get(): string }} getter */
async function typed(name, getter, map, keys, options) {
  const get = () => {
    let length = 0;
    for (let i = 0; i < keys.length; i++) length += getter(keys[i]).get().length;
    do_not_optimize(length);
  };
  const taken = await nanoseconds({ get, map: readsOf(map, keys) }, { operations: keys.length, ...options });
  return ratio(name, ns(taken.get), ns(taken.map, 'Map.get'), 3);
}

function readsOf(map, keys) {
  return () => {
    let length = 0;
    for (let i = 0; i < keys.length; i++) length += map.get(keys[i])?.length ?? 0;
    do_not_optimize(length);
  };
}

/** Names that nobody ever asked for before: what a config pays that is asked for user input. */
async function newMisses(config, map) {
  const fresh = Array.from({ length: 100_000 }, (_, index) => copyOf(`checkout.never.instance-${index}`));
  for (const name of fresh.slice(0, 20_000)) config.get(name);
  const start = performance.now();
  for (const name of fresh) if (config.get(name) !== undefined) throw new Error(`${name} is not absent`);
  const half = performance.now();
  for (const name of fresh) if (map.get(name) !== undefined) throw new Error(`${name} is not absent`);
  const end = performance.now();
  const each = 1e6 / fresh.length;
  return ratio('config.get(key), miss, ever new names', ns((half - start) * each), ns((end - half) * each, 'Map.get'));
}

function copyOf(text) {
  return Buffer.from(text).toString('utf8');
}
