import { setTimeout as sleep } from 'node:timers/promises';
import { createConfig } from 'calumma';
import { TreeCache, zookeeper } from 'calumma/zookeeper';
import { random } from '../data.js';
import { absolute, ms } from '../figure.js';
import { longestHold } from '../holding.js';
import { quantile } from '../measure.js';
import { bulletin } from './bulletin.js';
import { digestOf, leave, now, open, pathOf, root, useClient } from './ensemble.js';
import { openNpmReader, openWriter, otherCaches, startCache } from './witnesses.js';

const watched = pathOf(0);

/**
 * From setData to those who are told, one change at a time: ours by itself, the npm client by itself, then everybody at once.
 * The writer is the npm client, on another server than the readers.
 */
export async function pushes(servers, quick, folder) {
  const [writing, reading] = await servers.followers();
  const writer = await openWriter(writing.url);
  try {
    const facts = [];
    const alone = await oursAlone(writer, reading.url, quick);
    const npm = await npmAlone(writer, reading.url, quick);
    const together = await everybody(writer, reading.url, quick, folder, facts);
    return { figures: [...alone, ...npm, ...together], facts };
  } finally {
    writer.close();
  }
}

async function oursAlone(writer, connect, quick) {
  return useOurs(connect, async ({ config, cache }) => {
    const changes = quick ? 100 : 1_000;
    const { longest, result } = await longestHold(() => changed(writer, { 'setData to a callback of a config': config, 'setData to an event of a TreeCache': cache }, changes));
    return [...figuresOf(result, { p50: 3, p99: 15 }), absolute('event loop held meanwhile, longest', ms(longest))];
  });
}

async function npmAlone(writer, connect, quick) {
  const npm = await openNpmReader(connect, watched);
  const taken = await changed(writer, { 'node-zookeeper-client by itself, event': npm.events, 'node-zookeeper-client by itself, value': npm.values }, quick ? 50 : 300);
  npm.close();
  return figuresOf(taken, {});
}

async function everybody(writer, connect, quick, folder, facts) {
  const caches = [];
  for (const one of otherCaches(folder)) {
    if (one.missing === undefined) caches.push(await startCache(one, [connect, root, watched]));
    else facts.push(`${one.name} was not asked: ${one.missing}`);
  }
  try {
    return await useOurs(connect, async ({ config, tree }) => {
      const readers = { 'everybody at once: a config': config, ...Object.fromEntries(caches.map((cache) => [`everybody at once: ${cache.name}`, cache])) };
      const taken = await changed(writer, readers, quick ? 50 : 300);
      const loads = caches.map(({ name, loadMs }) => absolute(`${name}: first load, its start included`, ms(loadMs)));
      return [...loads, ...figuresOf(taken, {}), await disagreeing(tree, caches, connect, facts)];
    });
  } finally {
    for (const cache of caches) await cache.close();
  }
}

/** How long each reader took for each change. @param {Record<string, { when(value: string): Promise<number | undefined> }>} readers */
async function changed(writer, readers, changes) {
  const next = random(7);
  const taken = Object.fromEntries(Object.keys(readers).map((name) => [name, { ms: [], lost: 0 }]));
  for (let change = 0; change < changes; change++) {
    const value = `value-${change}-${Math.floor(next() * 1e9)}`;
    const told = Object.entries(readers).map(async ([name, reader]) => [name, await reader.when(value)]);
    const start = now();
    await writer.set(watched, value);
    for (const [name, at] of await Promise.all(told)) {
      if (at === undefined) taken[name].lost++;
      else taken[name].ms.push(at - start);
    }
    await sleep(next() * 15);
  }
  return taken;
}

function figuresOf(taken, bounds) {
  return Object.entries(taken).flatMap(([name, { ms: list, lost }]) => [
    absolute(`${name}, median`, ms(quantile(list, 0.5)), bounds.p50, `least ${Math.min(...list).toFixed(2)}`),
    absolute(`${name}, p99`, ms(quantile(list, 0.99)), bounds.p99, `most ${Math.max(...list).toFixed(1)}`),
    ...(bounds.p50 === undefined && lost === 0 ? [] : [absolute(`${name}, not told`, { value: lost, unit: '' }, bounds.p50 && 0)]),
  ]);
}

/** A config and a tree cache, each with a client of its own. */
async function useOurs(connect, work) {
  const client = open(connect);
  const tree = new TreeCache(client, root).start();
  const config = createConfig({ layers: [zookeeper({ connect, root })], maxBytes: '20MB' });
  try {
    await tree.ready();
    await config.ready({ timeoutMs: 20_000 });
    const [told, seen] = [bulletin(), bulletin()];
    config.getStringProperty(watched.slice(root.length + 1).replaceAll('/', '.'), '').onChange((value) => told.seen(value, now()));
    tree.on('changes', ({ changes }) => {
      const at = now();
      for (const { path, node } of changes) if (path === watched) seen.seen(node?.text, at);
    });
    return await work({ config: told, cache: seen, tree });
  } finally {
    await config.close();
    await tree.close();
    await leave(client);
  }
}

/** Whether, after a storm of writes of all kinds, everybody has what we have, and we what the server has. */
async function disagreeing(tree, caches, connect, facts) {
  await useClient(connect, storm);
  const deadline = performance.now() + 15_000;
  for (;;) {
    const ours = digestOf(tree);
    const theirs = await Promise.all(caches.map((cache) => cache.digest()));
    const others = caches.filter((_, index) => theirs[index] !== ours).map(({ name }) => name);
    if (others.length > 0 && performance.now() < deadline) continue;
    const nodes = ours.split(' ')[0];
    facts.push(others.length === 0 ? `After 300 writes of all kinds ${['ours', ...caches.map(({ name }) => name)].join(', ')} hold the same ${nodes} nodes.` : `After 300 writes of all kinds these hold something else than ours: ${others.join(', ')}`);
    return absolute('witnesses that hold something else in the end', { value: others.length, unit: '' }, 0);
  }
}

async function storm(client) {
  const next = random(13);
  const fresh = (index) => `${root}/fresh-${index}`;
  for (let index = 0; index < 100; index++) {
    await client.setData(pathOf(Math.floor(next() * 1_000)), `stormy ${index}`);
    await client.create(fresh(index), String(index));
    if (index % 3 === 0) await client.delete(fresh(Math.floor(index / 3)));
    else await client.setData(fresh(index), `${index} again`);
  }
  await client.sync(root);
}
