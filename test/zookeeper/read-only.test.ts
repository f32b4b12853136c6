import { expect, test } from 'vitest';

import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, jvmOptions, statesOf, textOf, useClients } from './rig.js';

jvmOptions('-Dreadonlymode.enabled=true');

describeWith('zookeeper', 'read-only servers', () => {
  // A server without a quorum gives out sessions of its own only where there are such.
  const zookeeper = useServer(() => startZookeeper({ servers: 3, settings: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' } }));
  const open = useClients();

  test('without a quorum reads are answered read-only if that was asked for, until there is one again', async () => {
    const [zk, strict] = [open(zookeeper().url, { readOnly: true, sessionTimeoutMs: 2_000 }), open(zookeeper().url, { sessionTimeoutMs: 2_000 })];
    const path = await freshNode(zk, 'x');
    await strict.connect();
    // An ephemeral node makes it a session that all servers know.
    await zk.create(`${path}/mine`, '', { mode: 'ephemeral' });
    const states = statesOf(zk);
    const [left, ...others] = zookeeper().servers;
    await Promise.all(others.map((server) => server.kill()));
    // One that comes now has a session that only this server knows.
    const late = open(zookeeper().url, { readOnly: true });
    await late.connect();
    expect([late.readOnly, late.server]).toEqual([true, left!.url]);
    expect(await textOf(late, path)).toBe('x');
    expect(await codeOf(late.setData(path, 'y'))).toBe('NOTREADONLY');
    const provisional = late.sessionId;
    await until(() => states.some(({ readOnly }) => readOnly), () => states.map(({ state, reason }) => `${state} ${String(reason)}`));
    expect(states.map(({ state, readOnly }) => `${state} ${readOnly}`)).toEqual(['suspended false', 'lost false', 'connected true']);
    expect(await textOf(zk, path)).toBe('x');
    expect(strict.state).toBe('lost');
    await Promise.all(others.map((server) => server.restart()));
    await until(() => [zk, strict, late].every(({ state, readOnly }) => state === 'connected' && !readOnly), () => [zk, strict, late].map(({ state, readOnly }) => [state, readOnly]));
    expect(late.sessionId).not.toBe(provisional);
    expect(await codeOf(zk.setData(path, 'y'))).toBe('OK');
    await strict.sync();
    expect(await textOf(strict, path)).toBe('y');
  }, 90_000);
});
