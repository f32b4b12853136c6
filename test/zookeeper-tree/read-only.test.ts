import { expect, test } from 'vitest';

import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, jvmOptions, useClients } from '../zookeeper/rig.js';
import { useCaches } from './rig.js';

jvmOptions('-Dreadonlymode.enabled=true');

describeWith('zookeeper', 'a tree cache on servers without a quorum', () => {
  // A server without a quorum gives out sessions of its own only where there are such.
  const zookeeper = useServer(() => startZookeeper({ servers: 3, settings: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' } }));
  const open = useClients();
  const watch = useCaches();

  test('53: a server without a quorum answers, but what it says may be old: the cache is not live', async () => {
    const zk = open(zookeeper().url, { readOnly: true, sessionTimeoutMs: 2_000 });
    const root = await freshNode(zk, 'x');
    // With an ephemeral node it is a session that all servers know.
    await zk.create(`${root}/mine`, '', { mode: 'ephemeral' });
    const { cache } = watch(zk, root);
    await cache.start().ready();
    const [, ...others] = zookeeper().servers;
    await Promise.all(others.map((server) => server.kill()));
    await until(() => zk.readOnly && cache.state === 'suspended', () => [zk.readOnly, zk.state, cache.state]);
    expect([cache.get(root)?.text, cache.state]).toEqual(['x', 'suspended']);
    await Promise.all(others.map((server) => server.restart()));
    await until(() => cache.state === 'live');
    await expect.poll(() => codeOf(zk.setData(root, 'y')), { timeout: 20_000 }).toBe('OK');
    await until(() => cache.get(root)?.text === 'y');
  }, 90_000);
});
