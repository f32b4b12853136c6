import { afterEach, expect, test } from 'vitest';

import { createConfig } from '../../../src/index.js';
import { zookeeper } from '../../../src/sources/zookeeper/index.js';
import { TreeCache, type TreeChange, type TreeState } from '../../../src/zookeeper/tree/index.js';
import { openProxy, type Proxy } from '../../harness/proxy.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startZookeeper } from '../../harness/servers/zookeeper.js';
import { useClients } from '../../zookeeper/rig.js';
import { until } from '../following.js';
import { freshRoot, put } from './rig.js';

describeWith('zookeeper', 'all three servers are killed under a tree and a config', () => {
  const ensemble = useServer(() => startZookeeper({ servers: 3 }));
  const open = useClients();
  const proxies: Proxy[] = [];
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });

  const sessions = async (): Promise<string> => (await (await ensemble().leader()).ask('dump')).split('ephemeral')[0] ?? '';

  test.each([
    { name: 'the same sessions go on', sessionTimeout: 10_000, newSession: false },
    { name: 'whose sessions have ended before they come back', sessionTimeout: 1_000, newSession: true },
  ])('50 (ensemble): what was read stays, marked stale; $name, and only real differences are told', async ({ sessionTimeout, newSession }) => {
    const writer = open(ensemble().url);
    const root = freshRoot();
    for (const key of ['a', 'b', 'c', 'folder/d']) await put(writer, `${root}/${key}`, '1');
    for (const { port } of ensemble().servers) proxies.push(await openProxy(port));
    const connect = proxies.map(({ port }) => `127.0.0.1:${port}`).join();

    const zk = open(connect, { sessionTimeoutMs: sessionTimeout });
    const cache = new TreeCache(zk, root);
    const states: TreeState[] = [];
    const changes: TreeChange[] = [];
    cache.on('state', ({ state }) => void states.push(state));
    cache.on('changes', (batch) => void changes.push(...batch.changes), { afterLoad: true });
    cache.on('error', () => undefined);
    await cache.start().ready();
    await using config = createConfig({ layers: [zookeeper({ connect, root, sessionTimeout })], onError: () => undefined });
    await config.ready();
    const told: string[] = [];
    config.on('change', (set) => void told.push(...set.changes.map(({ key, before, after }) => `${key} ${before ?? '-'} ${after ?? '-'}`)));
    const stateOfConfig = (): string | undefined => config.health().layers[0]?.state;
    const { sessionId } = zk;

    await ensemble().kill();
    await until(() => cache.state !== 'live' && stateOfConfig() === 'stale');
    const held = (): unknown[] => [cache.get(`${root}/a`)?.text, cache.size, config.get('a'), config.get('folder.d'), config.keys().length];
    expect([held(), told, changes]).toEqual([['1', 6, '1', '1', 4], [], []]);

    await Promise.all(proxies.map((proxy) => proxy.refuse()));
    await ensemble().restart();
    await put(writer, `${root}/a`, '2');
    await put(writer, `${root}/b`, '1');
    await writer.delete(`${root}/c`);
    await writer.create(`${root}/e`, '1');
    const mine = `0x${sessionId.toString(16)}`;
    if (newSession) await expect.poll(sessions, { timeout: 20_000 }).not.toContain(mine);
    expect([held(), told, changes]).toEqual([['1', 6, '1', '1', 4], [], []]);
    await Promise.all(proxies.map((proxy) => proxy.heal()));
    await until(() => cache.state === 'live' && stateOfConfig() === 'live' && config.get('a') === '2', () => [states, told]);

    expect(zk.sessionId === sessionId).toBe(!newSession);
    expect(told.sort()).toEqual(['a 1 2', 'c 1 -', 'e - 1']);
    expect(changes.map(({ type, path }) => `${type} ${path.slice(root.length)}`).sort()).toEqual(['added /e', 'removed /c', 'updated /a']);
    // On a slow machine servers take longer to start than a session lasts; they count its time anew.
    expect(newSession ? states : states.filter((state) => state !== 'lost')).toEqual(newSession ? ['live', 'suspended', 'lost', 'live'] : ['live', 'suspended', 'live']);
    await cache.close();
  }, 90_000);
});
