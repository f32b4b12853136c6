import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZooKeeperClient } from 'calumma/zookeeper';
import { keyOf, random } from '../data.js';
import { harness } from '../harness.js';

/** The tree that everything here is about: 10,000 nodes in folders, 10 MB with their names. */
export const root = '/bench';
export const nodeCount = 10_000;
export const totalBytes = 10 * 1024 * 1024;
export const sessionTimeoutMs = 6_000;

/** @param {number} index */
export const pathOf = (index) => `${root}/${keyOf(index).replaceAll('.', '/')}`;

/** Now, on a clock that other processes have too: milliseconds since 1970. */
export const now = () => performance.timeOrigin + performance.now();

/**
 * Three servers with the tree.
 *
 * @throws where ZooKeeper is not installed
 */
export async function openEnsemble() {
  const { startZookeeper } = await harness();
  const servers = await startZookeeper({ servers: 3 });
  try {
    await useClient(servers.url, fill);
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return servers;
}

/** A client of ours. What goes wrong with its connection is what is measured here. */
export function open(connect) {
  const client = new ZooKeeperClient({ connect, sessionTimeoutMs });
  client.on('error', () => undefined);
  return client;
}

/** @template T @param {string} connect @param {(client: ZooKeeperClient) => Promise<T>} work */
export async function useClient(connect, work) {
  const client = open(connect);
  try {
    return await work(client);
  } finally {
    await leave(client);
  }
}

export const leave = (client) => client.close({ signal: AbortSignal.timeout(2_000) }).catch(() => undefined);

/** A client that knows all servers and has a connection to this one. */
export async function openOn(servers, wanted) {
  for (;;) {
    const client = open(servers.url);
    await client.connect({ signal: AbortSignal.timeout(20_000) });
    if (client.server === wanted.url) return client;
    await leave(client);
  }
}

/** Waits until all three are in office again. */
export async function untilWhole(servers) {
  for (;;) {
    const followers = await servers.followers();
    if (followers.length === 2) return { leader: await servers.leader(), followers };
    await sleep(20);
  }
}

async function fill(client) {
  const next = random(11);
  const folders = new Set();
  const nodes = Array.from({ length: nodeCount }, (_, index) => {
    const path = pathOf(index);
    folders.add(path.slice(0, path.lastIndexOf('/')));
    return { op: 'create', path, data: textOf(next, Math.floor(totalBytes / nodeCount) - path.length) };
  });
  for (const folder of folders) await client.ensurePath(folder);
  await Promise.all(parts(nodes, 500).map((part) => client.multi(part)));
}

function textOf(next, length) {
  // "0" to "z": no "${" that would stand for another key.
  return Array.from({ length }, () => String.fromCharCode(48 + Math.floor(next() * 75))).join('');
}

const parts = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));

/**
 * What a tree holds, in one word that other programs come to as well.
 *
 * @param {Iterable<{ path: string, data: Buffer }>} nodes
 */
export function digestOf(nodes) {
  const hash = createHash('sha256');
  const sorted = [...nodes].sort((one, other) => (one.path < other.path ? -1 : 1));
  for (const { path, data } of sorted) hash.update(`${path}\0`).update(data).update('\0');
  return `${sorted.length} ${hash.digest('hex')}`;
}
