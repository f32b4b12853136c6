import { afterEach, expect, test } from 'vitest';

import type { WatchEvent } from '../../src/zookeeper/index.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper, type ZookeeperServer } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, listening, shown, statesOf, textOf, useClients } from './rig.js';

describeWith('zookeeper', 'an ensemble of three', () => {
  const zookeeper = useServer(() => startZookeeper({ servers: 3 }));
  const open = useClients();
  const serverOf = (zk: { server: string | undefined }): ZookeeperServer => zookeeper().servers.find(({ url }) => url === zk.server)!;

  afterEach(async () => {
    zookeeper().resume();
    await Promise.all(zookeeper().servers.map(async (server) => {
      if ((await server.mode()) === undefined) await server.restart();
    }));
  }, 60_000);

  test('the server of a client is killed: another one serves, in the same session, and the watches go on', async () => {
    const zk = open(zookeeper().url);
    const path = await freshNode(zk, 'x');
    await zk.create(`${path}/mine`, '', { mode: 'ephemeral' });
    const heard = listening<WatchEvent>();
    await zk.addWatch(path, heard.listener, { recursive: true });
    const { sessionId } = zk;
    const states = statesOf(zk);
    const killed = serverOf(zk);
    const from = performance.now();
    await killed.kill();
    await until(() => states.length === 2);
    const took = performance.now() - from;
    expect(states.map(({ state, newSession }) => `${state} ${newSession}`)).toEqual(['suspended false', 'connected false']);
    expect(zk.sessionId).toBe(sessionId);
    expect(zk.server).not.toBe(killed.url);
    expect(await zk.exists(`${path}/mine`)).toMatchObject({ ephemeralOwner: sessionId });
    await zk.setData(path, 'y');
    expect(shown(heard.all)).toEqual([`changed ${path}`]);
    expect(took).toBeLessThan(5_000);
  }, 60_000);

  test('the leader is killed: what was read is never older afterwards', async () => {
    const zk = open(zookeeper().url);
    const path = await freshNode(zk, '0');
    let value = 0;
    for (const _ of [1, 2, 3]) {
      value += 1;
      await zk.setData(path, String(value));
    }
    const leader = await zookeeper().leader();
    await leader.kill();
    await expect.poll(() => textOf(zk, path).catch(() => ''), { timeout: 20_000 }).toBe('3');
    await expect.poll(() => codeOf(zk.setData(path, '4')), { timeout: 20_000 }).toBe('OK');
    expect(await textOf(zk, path)).toBe('4');
  }, 60_000);

  test('a server that hangs is noticed after two thirds of the session, and left', async () => {
    // A follower: a leader that hangs takes a moment longer, because the others must first elect another.
    const [hung] = await zookeeper().followers();
    let turn = 0;
    const rest = zookeeper().servers.filter(({ url }) => url !== hung!.url).map(({ url }) => url);
    const zk = open([hung!.url, ...rest].join(), { sessionTimeoutMs: 3_000, random: () => (turn += 1) / 100 });
    const path = await freshNode(zk, 'x');
    expect(zk.server).toBe(hung!.url);
    const states = statesOf(zk);
    const from = performance.now();
    hung!.pause();
    await until(() => states.length >= 2);
    const took = performance.now() - from;
    expect(states.map(({ state }) => state)).toEqual(['suspended', 'connected']);
    expect(states[0]!.reason!.message).toContain('nothing was heard from the server for 2000 ms');
    expect(took).toBeLessThan(3_000);
    expect(zk.server).not.toBe(hung!.url);
    expect(await textOf(zk, path)).toBe('x');
  }, 60_000);

  test('a leader that hangs is left for the next one before the session ends', async () => {
    const leader = await zookeeper().leader();
    let turn = 0;
    const rest = zookeeper().servers.filter(({ url }) => url !== leader.url).map(({ url }) => url);
    const zk = open([leader.url, ...rest].join(), { random: () => (turn += 1) / 100 });
    const path = await freshNode(zk, 'x');
    const states = statesOf(zk);
    const from = performance.now();
    leader.pause();
    await until(() => states.length >= 2);
    expect(performance.now() - from).toBeLessThan(6_000);
    expect(states.map(({ state, newSession }) => `${state} ${newSession}`)).toEqual(['suspended false', 'connected false']);
    expect(await textOf(zk, path)).toBe('x');
  }, 60_000);

  test('all are killed, and come back: the same session goes on, and what waited is done', async () => {
    const zk = open(zookeeper().url, { sessionTimeoutMs: 10_000 });
    const path = await freshNode(zk, 'x');
    const { sessionId } = zk;
    const states = statesOf(zk);
    await zookeeper().kill();
    await until(() => states.length === 1);
    const written = zk.setData(path, 'y');
    await zookeeper().restart();
    await written;
    expect(await textOf(zk, path)).toBe('y');
    expect(states.map(({ state, newSession }) => `${state} ${newSession}`)).toEqual(['suspended false', 'connected false']);
    expect(zk.sessionId).toBe(sessionId);
  }, 60_000);

  test('rolling restarts under a writer lose no write that was acknowledged', async () => {
    const zk = open(zookeeper().url);
    const reader = open(zookeeper().url);
    const path = await freshNode(zk);
    const acknowledged = new Set<string>();
    const abort = new AbortController();
    const stop = abort.signal;
    const writer = (async () => {
      for (let number = 0; !stop.aborted; number += 1) {
        const { path: made } = await zk.create(`${path}/n`, String(number), { sequential: true }).catch(() => ({ path: undefined }));
        if (made !== undefined) acknowledged.add(made.slice(path.length + 1));
      }
    })();
    for (const server of zookeeper().servers) {
      const before = acknowledged.size;
      await server.restart();
      await until(() => acknowledged.size > before + 5);
    }
    abort.abort();
    await writer;
    await reader.sync(path);
    const { children } = await reader.getChildren(path);
    expect(acknowledged.size).toBeGreaterThan(15);
    expect([...acknowledged].filter((name) => !children.includes(name))).toEqual([]);
  }, 90_000);
});
