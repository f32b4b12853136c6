import { afterEach } from 'vitest';

import type { ZooKeeperClient } from '../../src/zookeeper/index.js';
import { TreeCache, type TreeBatch, type TreeCacheOptions, type TreeChange, type TreeStateChange } from '../../src/zookeeper/tree/index.js';
import { until } from '../sources/following.js';

/** A cache with all that it has told. */
export interface Watched {
  readonly cache: TreeCache;
  readonly batches: TreeBatch[];
  readonly states: TreeStateChange[];
  readonly errors: unknown[];
  /** `added /a`, `updated /a`, `removed /a`, `initialized`, in the order in which they were told. */
  readonly told: string[];
  readonly changes: () => TreeChange[];
  /** Waits until these were told, in this order and nothing else, since it was last asked. */
  readonly tells: (...events: string[]) => Promise<void>;
}

/** Caches that end with the test. */
export function useCaches(): (client: ZooKeeperClient, root: string, options?: TreeCacheOptions) => Watched {
  const caches: TreeCache[] = [];
  afterEach(async () => {
    await Promise.all(caches.splice(0).map((cache) => cache.close()));
  });
  return (client, root, options) => {
    const cache = new TreeCache(client, root, options);
    caches.push(cache);
    return watched(cache);
  };
}

function watched(cache: TreeCache): Watched {
  const batches: TreeBatch[] = [];
  const states: TreeStateChange[] = [];
  const errors: unknown[] = [];
  const told: string[] = [];
  let seen = 0;
  cache.on('changes', (batch) => {
    batches.push(batch);
    told.push(...batch.changes.map(({ type, path }) => `${type} ${path}`));
  });
  cache.on('initialized', () => void told.push('initialized'));
  cache.on('state', (change) => void states.push(change));
  cache.on('error', (error) => void errors.push(error));
  const tells = async (...events: string[]): Promise<void> => {
    await until(() => told.length - seen >= events.length, () => told.slice(seen));
    const found = told.slice(seen);
    seen = told.length;
    if (JSON.stringify(found) !== JSON.stringify(events)) throw new Error(`expected ${JSON.stringify(events)}, found ${JSON.stringify(found)}`);
  };
  return { cache, batches, states, errors, told, tells, changes: () => batches.flatMap(({ changes }) => changes) };
}

/** What a cache holds, as text by path. */
export function heldIn(cache: TreeCache): Record<string, string | undefined> {
  return Object.fromEntries([...cache].map(({ path, text }) => [path, text]));
}

/** What the server has, as text by path, read node by node. */
export async function onServer(client: ZooKeeperClient, root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    const { data } = await client.getData(path);
    found[path] = data.toString();
    const { children } = await client.getChildren(path);
    for (const name of children.sort()) await visit(path === '/' ? `/${name}` : `${path}/${name}`);
  };
  await visit(root);
  return found;
}

/** Deletes a node with all below it, as `zkCli deleteall` does. */
export async function deleteAll(client: ZooKeeperClient, path: string): Promise<void> {
  const { children } = await client.getChildren(path);
  for (const name of children) await deleteAll(client, `${path}/${name}`);
  await client.delete(path);
}
