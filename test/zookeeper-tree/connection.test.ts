import { expect, test } from 'vitest';

import { isCode } from '../../src/zookeeper/errors.js';
import { opcodes } from '../../src/zookeeper/requests.js';
import type { ZooKeeperClient } from '../../src/zookeeper/index.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { openProxy, type Proxy } from '../harness/proxy.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, statesOf, useClients } from '../zookeeper/rig.js';
import { greeting, reply, startScripted } from '../zookeeper/scripted.js';
import { openFilter } from './filter.js';
import { deleteAll, heldIn, onServer, useCaches, type Watched } from './rig.js';

describeWith('zookeeper', 'a tree cache whose connection breaks', () => {
  const zookeeper = useServer(() => startZookeeper());
  const open = useClients();
  const watch = useCaches();

  interface Scene {
    readonly writer: ZooKeeperClient;
    readonly zk: ZooKeeperClient;
    readonly proxy: Proxy;
    readonly root: string;
    readonly watched: Watched;
  }

  /** A cache behind a proxy, of a root with `a`, `b` and `c/d`. */
  async function scene(sessionTimeoutMs: number, run: (scene: Scene) => Promise<void>): Promise<void> {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'r');
    for (const path of ['a', 'b', 'c', 'c/d']) await writer.create(`${root}/${path}`, path);
    const proxy = await openProxy(zookeeper().port);
    const zk = open(`127.0.0.1:${proxy.port}`, { sessionTimeoutMs });
    const watched = watch(zk, root);
    await watched.cache.start().ready();
    await watched.tells(`added ${root}`, ...['a', 'b', 'c', 'c/d'].map((path) => `added ${root}/${path}`), 'initialized');
    await run({ writer, zk, proxy, root, watched });
    expect(heldIn(watched.cache)).toEqual(await onServer(writer, root));
    await watched.cache.close();
    await proxy.close();
  }

  const statesSeen = ({ states }: Watched): string[] => states.map(({ state }) => state);

  test('35: when the connection drops it is suspended, once, and its data stay readable', () =>
    scene(6_000, async ({ proxy, root, watched }) => {
      await proxy.refuse();
      await until(() => watched.cache.state === 'suspended');
      expect([watched.cache.get(`${root}/a`)?.text, watched.cache.size]).toEqual(['a', 5]);
      await until(() => watched.cache.lastError !== undefined);
      expect(statesSeen(watched)).toEqual(['live', 'suspended']);
      await proxy.heal();
      await until(() => watched.cache.state === 'live');
    }));

  test('36: when it returns within the session every node is looked at again, and nothing is told of what is as it was', () =>
    scene(6_000, async ({ proxy, watched, zk, writer, root }) => {
      const { sessionId } = zk;
      const before = proxy.bytes.toClient;
      proxy.reset();
      await until(() => watched.states.length === 3);
      expect(statesSeen(watched)).toEqual(['live', 'suspended', 'live']);
      expect(zk.sessionId).toBe(sessionId);
      expect(proxy.bytes.toClient - before).toBeGreaterThan(5 * 68);
      await writer.create(`${root}/end`);
      await watched.tells(`added ${root}/end`);
    }));

  test('37: when the session is lost it says so once, reads everything again, and what was ephemeral is removed', () =>
    scene(1_000, async ({ proxy, watched, zk, writer, root }) => {
      await zk.create(`${root}/mine`, 'x', { mode: 'ephemeral' });
      await watched.tells(`added ${root}/mine`);
      await proxy.refuse();
      await until(() => watched.cache.state === 'lost');
      await expect.poll(() => writer.exists(`${root}/mine`), { timeout: 10_000 }).toBeUndefined();
      await proxy.heal();
      await watched.tells(`removed ${root}/mine`, 'initialized');
      expect(statesSeen(watched)).toEqual(['live', 'suspended', 'lost', 'live']);
    }));

  test('38: of what happened while it was away exactly the net differences are told, in one batch', () =>
    scene(6_000, async ({ proxy, watched, writer, root }) => {
      await proxy.refuse();
      await writer.setData(`${root}/a`, 'passing');
      await writer.setData(`${root}/a`, 'new');
      await writer.delete(`${root}/b`);
      await deleteAll(writer, `${root}/c`);
      await writer.create(`${root}/e`, 'e');
      await writer.create(`${root}/e/f`, 'f');
      await proxy.heal();
      await until(() => watched.batches.length === 2);
      expect(watched.batches[1]?.changes.map(({ type, path }) => `${type} ${path}`).sort()).toEqual([
        `added ${root}/e`, `added ${root}/e/f`, `removed ${root}/b`, `removed ${root}/c`, `removed ${root}/c/d`, `updated ${root}/a`,
      ]);
      expect(watched.batches[1]?.cause).toBe('reconcile');
    }));

  test('39: a node that was deleted and created again while it was away is updated, though its version is the same', () =>
    scene(6_000, async ({ proxy, watched, writer, root }) => {
      await proxy.refuse();
      await writer.delete(`${root}/a`);
      await writer.create(`${root}/a`, 'again');
      await proxy.heal();
      await until(() => watched.batches.length === 2);
      const [change] = watched.batches[1]?.changes ?? [];
      expect([change?.type, change?.before?.text, change?.node?.text]).toEqual(['updated', 'a', 'again']);
      expect(change?.node?.stat.version).toBe(change?.before?.stat.version);
    }));

  test('40: of a node that came and went while it was away nothing is told', () =>
    scene(6_000, async ({ proxy, watched, writer, root }) => {
      await proxy.refuse();
      await writer.create(`${root}/passing`);
      await writer.delete(`${root}/passing`);
      await proxy.heal();
      await until(() => watched.cache.state === 'live');
      await writer.create(`${root}/end`);
      await until(() => watched.told.includes(`added ${root}/end`));
      expect(watched.told.filter((event) => event.includes('passing'))).toEqual([]);
    }));

  test('41: a server that tells nothing of what was missed is asked, and one that loses events altogether is found out', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, '0');
    let isDeaf = false;
    const filter = await openFilter(zookeeper().port, { events: () => !isDeaf });
    const { cache, told } = watch(open(filter.url), root, { reconcileMs: 300 });
    await cache.start().ready();
    isDeaf = true;
    await writer.setData(root, '1');
    await writer.create(`${root}/a`, 'x');
    await writer.create(`${root}/a/b`, 'y');
    await until(() => told.length === 5);
    expect(heldIn(cache)).toEqual(await onServer(writer, root));
    await deleteAll(writer, `${root}/a`);
    await until(() => cache.size === 1);
    await cache.close();
    await filter.close();
  });

  test('41 (rolled back): servers that have lost what they had told are right, though all they have is older', async () => {
    const other = await startZookeeper();
    const [here, there] = [open(zookeeper().url), open(other.url)];
    const root = await freshNode(here, 'kept');
    await there.create(root, 'kept');
    for (const zk of [here, there]) await zk.create(`${root}/a`, 'kept');
    const proxy = await openProxy(zookeeper().port);
    const { cache, changes } = watch(open(`127.0.0.1:${proxy.port}`, { sessionTimeoutMs: 1_000 }), root);
    await cache.start().ready();
    for (let count = 0; count < 10; count += 1) await here.setData(`${root}/a`, 'lost');
    await here.create(`${root}/lost`);
    await until(() => cache.get(`${root}/a`)?.text === 'lost' && cache.has(`${root}/lost`));
    const { zxid } = cache;
    // The others go on without it: their clients are let in, because the last transaction is a later one.
    const elsewhere = await freshNode(there);
    while ((await there.setData(elsewhere, '')).mzxid <= zxid + 100n);
    proxy.target(other.port);
    proxy.reset();
    await until(() => cache.get(`${root}/a`)?.text === 'kept' && !cache.has(`${root}/lost`), () => heldIn(cache));
    expect(changes().slice(-2).map(({ type, path }) => `${type} ${path}`).sort()).toEqual([`removed ${root}/lost`, `updated ${root}/a`]);
    expect(heldIn(cache)).toEqual(await onServer(there, root));
    expect(cache.zxid).toBeLessThan(zxid);
    await cache.close();
    await proxy.close();
    await other.stop();
  });

  test('44 (one server): a server that hangs is noticed within two thirds of the session', () =>
    scene(1_500, async ({ proxy, watched, writer, root }) => {
      const from = performance.now();
      proxy.blackhole();
      await until(() => watched.cache.state !== 'live');
      expect(performance.now() - from).toBeLessThan(1_500);
      await writer.setData(`${root}/a`, 'fresh');
      await proxy.heal();
      await until(() => watched.cache.get(`${root}/a`)?.text === 'fresh');
    }));

  test('45: a server that takes the connection and never answers is left for the next one', async () => {
    const silent = await startScripted({ greeting: () => undefined });
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'x');
    // The order is the client's own: this one tries the silent server first.
    const zk = open(`${silent.url},${zookeeper().url}`, { sessionTimeoutMs: 2_000, random: () => 0.99 });
    const { cache } = watch(zk, root);
    const from = performance.now();
    await cache.start().ready();
    expect(silent.accepted).toBe(1);
    expect(performance.now() - from).toBeLessThan(2_500);
    expect(cache.get(root)?.text).toBe('x');
    await cache.close();
    await silent.close();
  });

  test('46: a connection that is cut in the middle of an answer leaves nothing for the next one', () =>
    scene(6_000, async ({ proxy, watched, writer, root }) => {
      await writer.setData(`${root}/a`, 'x'.repeat(500_000));
      await until(() => (watched.cache.get(`${root}/a`)?.stat.dataLength ?? 0) === 500_000);
      for (const bytes of [10, 1_000, 100_000, 400_000]) {
        const { accepted } = proxy;
        proxy.cutAfter(bytes);
        watched.cache.reconcile();
        await until(() => proxy.accepted > accepted && watched.cache.state === 'live');
      }
      await writer.setData(`${root}/a`, 'short');
      await until(() => watched.cache.get(`${root}/a`)?.text === 'short');
    }));

  test('47: of garbage, and of an answer to another question, nothing is delivered', async () => {
    for (const bad of [(xid: number) => reply(xid + 7), () => Buffer.alloc(64, 0x7f)]) {
      const server = await startScripted({
        greeting: (count) => greeting(BigInt(count + 1)),
        answer: ({ xid, opcode }, socket) => {
          if (opcode === opcodes.addWatch) socket.write(reply(xid));
          else if (opcode === opcodes.multiRead) socket.write(bad(xid));
        },
      });
      const { cache, told } = watch(open(server.url), '/root');
      cache.start();
      await until(() => server.accepted >= 3);
      expect([cache.state, cache.size, told]).toEqual(['loading', 0, []]);
      await cache.close();
      await server.close();
    }
  });

  test('48: a session that expired while it was away is followed by another by itself, with its watch', () =>
    scene(1_000, async ({ proxy, watched, zk, writer, root }) => {
      const { sessionId } = zk;
      await proxy.refuse();
      await expect.poll(() => zookeeper().servers[0]!.ask('dump'), { timeout: 10_000 }).not.toContain(`0x${sessionId.toString(16)}`);
      await proxy.heal();
      await until(() => watched.cache.state === 'live' && zk.sessionId !== sessionId);
      await writer.setData(`${root}/a`, 'told');
      await until(() => watched.told.includes(`updated ${root}/a`));
    }));

  test('49: an authentication that is refused ends it, with its error, and is not tried again', async () => {
    const proxy = await openProxy(zookeeper().port);
    const zk = open(`127.0.0.1:${proxy.port}`, { auth: [{ scheme: 'unheard-of', auth: 'x' }] });
    zk.on('error', () => undefined);
    const { cache, errors } = watch(zk, '/');
    expect(await codeOf(cache.start().ready())).toBe('AUTHFAILED');
    expect([cache.state, errors.map((error) => isCode(error, 'AUTHFAILED'))]).toEqual(['closed', [true]]);
    expect(proxy.accepted).toBe(1);
    await proxy.close();
  });

  test('50: after a minute without any server there is one session again, and there were few tries meanwhile', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'x');
    const scripted = await startScripted({ greeting: (_, socket) => void socket.destroy() });
    // The clock of the client runs thirty times as fast: two seconds are a minute.
    const fast = { now: () => performance.now() * 30, after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms / 30).unref();
      return { cancel: () => clearTimeout(timer), hold: () => undefined };
    } };
    const proxy = await openProxy(zookeeper().port);
    const zk = open(`127.0.0.1:${proxy.port}`, { clock: fast, sessionTimeoutMs: 30_000 });
    const { cache } = watch(zk, root);
    await cache.start().ready();
    proxy.target(scripted.port);
    proxy.reset();
    const from = performance.now();
    await until(() => performance.now() - from > 2_000);
    expect(scripted.accepted).toBeGreaterThan(10);
    // 0.1 to 2 s of pause each.
    expect(scripted.accepted).toBeLessThan(150);
    proxy.target(zookeeper().port);
    await until(() => cache.state === 'live');
    await writer.setData(root, 'y');
    await until(() => cache.get(root)?.text === 'y');
    expect(proxy.connections).toBe(1);
    await cache.close();
    await proxy.close();
    await scripted.close();
  });

  test('51: of states only real changes are told', () =>
    scene(6_000, async ({ proxy, watched }) => {
      for (let round = 0; round < 3; round += 1) {
        await proxy.refuse();
        await until(() => watched.cache.state === 'suspended');
        await proxy.heal();
        await until(() => watched.cache.state === 'live');
      }
      for (const { state, previous } of watched.states) expect(state).not.toBe(previous);
      expect(statesSeen(watched)).toEqual(['live', ...Array.from({ length: 3 }, () => ['suspended', 'live']).flat()]);
    }));

  test('52: with a client that fails at once while there is no connection it waits for one all the same, and loses nothing', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, '0');
    const proxy = await openProxy(zookeeper().port);
    await proxy.refuse();
    const zk = open(`127.0.0.1:${proxy.port}`, { whileSuspended: 'fail' });
    const { cache, errors } = watch(zk, root);
    cache.start();
    expect(await codeOf(zk.getData(root))).toBe('CONNECTIONLOSS');
    await proxy.heal();
    await cache.ready();
    proxy.reset();
    await writer.setData(root, '1');
    await until(() => cache.get(root)?.text === '1' && cache.state === 'live');
    await writer.setData(root, '2');
    await until(() => cache.get(root)?.text === '2');
    expect(errors).toEqual([]);
    await cache.close();
    await proxy.close();
  });

  test('67: a model made of what was told alone is what the cache and the server have, after random writes and breaks', () =>
    scene(1_000, async ({ proxy, watched, writer, zk, root }) => {
      const model = new Map<string, string>();
      const retell = (): void => {
        model.clear();
        for (const { path, node } of watched.changes()) {
          if (node === undefined) model.delete(path);
          else model.set(path, node.text ?? '');
        }
      };
      const states = statesOf(zk);
      for (let step = 0; step < 400; step += 1) {
        const path = `${root}/${'abcdefgh'[(step * 7) % 8] ?? ''}`;
        const there = await writer.exists(path);
        if (there === undefined) await writer.create(path, String(step));
        else if (step % 3 === 0 && there.numChildren === 0) await writer.delete(path);
        else await writer.setData(path, String(step));
        if (step === 100) proxy.reset();
        if (step === 200) await proxy.refuse();
        if (step === 260) await proxy.heal();
        if (step === 300) proxy.cutAfter(300);
      }
      await writer.create(`${root}/end`);
      await until(() => watched.cache.has(`${root}/end`) && watched.cache.state === 'live');
      const expected = await onServer(writer, root);
      await until(() => JSON.stringify(heldIn(watched.cache)) === JSON.stringify(expected) || watched.cache.size === Object.keys(expected).length);
      retell();
      expect(Object.fromEntries([...model].sort())).toEqual(Object.fromEntries(Object.entries(expected).sort()));
      expect(states.length).toBeGreaterThan(3);
    }), 60_000);
});
