import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';

import { createConfig } from '../../../src/index.js';
import { zookeeper } from '../../../src/sources/zookeeper/index.js';
import { TreeCache, type TreeBatch } from '../../../src/zookeeper/tree/index.js';
import { openProxy } from '../../harness/proxy.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startZookeeper } from '../../harness/servers/zookeeper.js';
import { openFilter } from '../../zookeeper-tree/filter.js';
import { until } from '../following.js';
import { freshRoot, put, useClient } from './rig.js';

describeWith('zookeeper', 'zookeeper() in a bad hour', () => {
  const server = useServer(() => startZookeeper());
  const open = useClient(() => server().url);
  const folders: string[] = [];

  afterEach(async () => {
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  });

  test('78: with ZooKeeper down at boot the cached values serve within a second; when it returns only differences are told', async () => {
    const zk = open();
    const root = freshRoot();
    for (const key of ['a', 'b', 'c']) await put(zk, `${root}/${key}`, '1');
    const cacheDir = await mkdtemp(path.join(tmpdir(), 'calumma-zk-'));
    folders.push(cacheDir);
    const proxy = await openProxy(server().port);
    const layers = () => [zookeeper({ connect: `127.0.0.1:${proxy.port}`, root, sessionTimeout: 1_500 })];
    {
      await using config = createConfig({ layers: layers(), cacheDir });
      await config.ready();
      expect(config.get('a')).toBe('1');
    }
    await proxy.refuse();
    await put(zk, `${root}/a`, '2');
    const from = performance.now();
    await using config = createConfig({ layers: layers(), cacheDir, onError: () => undefined });
    expect(config.get('a')).toBe('1');
    const told: string[] = [];
    config.on('change', ({ changes }) => void told.push(...changes.map(({ key, before, after }) => `${key} ${before ?? ''} ${after ?? ''}`)));
    await config.ready();
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(config.health().layers[0]).toMatchObject({ state: 'stale', remembered: true, keys: 3 });
    await proxy.heal();
    await until(() => config.get('a') === '2');
    expect([told, config.health().layers[0]?.state]).toEqual([['a 1 2'], 'live']);
    await proxy.close();
  });

  test('79: a mass deletion is reported by the cache, held back and read again before it is believed; one key goes at once', async () => {
    const zk = open();
    const root = freshRoot();
    await zk.create(root);
    const paths = Array.from({ length: 20 }, (_, index) => `${root}/k${index}`);
    for (const one of paths) await zk.create(one, '1');
    const batches: TreeBatch[] = [];
    const cache = new TreeCache(zk, root);
    cache.on('changes', (batch) => void batches.push(batch), { afterLoad: true });
    await cache.start().ready();
    const told: string[] = [];
    await using config = createConfig({ layers: [zookeeper({ connect: server().url, root })], onError: ({ code }) => void told.push(code) });
    await config.ready();
    const [first, ...rest] = paths;
    await zk.delete(first!);
    await until(() => !config.has('k0'));
    await until(() => batches.length === 1);
    expect([told, batches[0]?.massRemoval]).toEqual([[], false]);
    const from = performance.now();
    await zk.multi(rest.map((one) => ({ op: 'delete', path: one }) as const));
    await until(() => told.includes('CALUMMA_MASS_REMOVAL'));
    expect(config.has('k1')).toBe(true);
    await until(() => batches.at(-1)?.massRemoval === true);
    await until(() => !config.has('k1'));
    expect(performance.now() - from).toBeGreaterThan(1_500);
    expect(config.keys()).toEqual([]);
    await cache.close();
  });

  test('an outage, however long, is followed by one beat, not by all that were missed', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/a`, '1');
    const proxy = await openProxy(server().port);
    await using config = createConfig({ layers: [zookeeper({ connect: `127.0.0.1:${proxy.port}`, root, heartbeat: true })], onError: () => undefined });
    await config.ready();
    const beats = async (): Promise<number> => (await zk.exists(`${root}-heartbeat`))?.version ?? -1;
    await expect.poll(beats).toBeGreaterThanOrEqual(0);
    const before = await beats();
    await proxy.refuse();
    // Two of them would be due meanwhile.
    await sleep(11_500);
    await proxy.heal();
    await expect.poll(beats, { timeout: 10_000, interval: 20 }).toBeGreaterThan(before);
    expect(await beats()).toBe(before + 1);
    await proxy.close();
  }, 60_000);

  test('a server that answers but tells of no changes makes the layer stale by its heartbeat, and live again', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/a`, '1');
    let isMute = false;
    const filter = await openFilter(server().port, { events: () => !isMute });
    const told: string[] = [];
    await using config = createConfig({ layers: [zookeeper({ connect: filter.url, root, heartbeat: true, sessionTimeout: 2_000 })], onError: ({ message }) => void told.push(message) });
    await config.ready();
    const state = (): string | undefined => config.health().layers[0]?.state;
    await expect.poll(() => zk.exists(`${root}-heartbeat`)).toBeDefined();
    isMute = true;
    const from = performance.now();
    await expect.poll(state, { timeout: 30_000, interval: 100 }).toBe('stale');
    expect((performance.now() - from) / 1_000).toBeLessThan(21);
    expect(told[0]).toContain('expected news of the heartbeat');
    isMute = false;
    await expect.poll(state, { timeout: 20_000, interval: 100 }).toBe('live');
    expect(config.keys()).toEqual(['a']);
    await filter.close();
  }, 60_000);
});
