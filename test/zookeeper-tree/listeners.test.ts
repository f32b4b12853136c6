import { expect, test } from 'vitest';

import type { TreeBatch } from '../../src/zookeeper/tree/index.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { openProxy } from '../harness/proxy.js';
import { until } from '../sources/following.js';
import { freshNode, useClients } from '../zookeeper/rig.js';
import { deleteAll, heldIn, useCaches } from './rig.js';

describeWith('zookeeper', 'who listens to a tree cache', () => {
  const zookeeper = useServer(() => startZookeeper());
  const open = useClients();
  const watch = useCaches();

  test('63: a listener that throws disturbs nobody, its error is told once, and the cache goes on', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const { cache, errors, told } = watch(zk, root);
    cache.on('changes', () => {
      throw new Error('thrown');
    });
    cache.on('changes', () => Promise.reject(new Error('rejected')));
    const after: TreeBatch[] = [];
    cache.on('changes', (batch) => void after.push(batch));
    await cache.start().ready();
    await until(() => errors.length === 2);
    expect(errors.map((error) => (error as Error).message).sort()).toEqual(['rejected', 'thrown']);
    await zk.create(`${root}/a`);
    await until(() => told.includes(`added ${root}/a`) && after.length === 2 && errors.length === 4);
  });

  test('64: a slow listener delays nobody, and hears of all that came meanwhile at once, in its last state', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk, '-1');
    const { cache } = watch(zk, root);
    await cache.start().ready();
    const heard: TreeBatch[] = [];
    let release = (): void => undefined;
    cache.on('changes', (batch) => {
      heard.push(batch);
      return heard.length === 1 ? new Promise<void>((resolve) => void (release = resolve)) : undefined;
    });
    const quick: string[] = [];
    cache.follow(root, (node) => void quick.push(node?.text ?? ''));
    for (let value = 0; value < 10; value += 1) {
      await zk.setData(root, String(value));
      await until(() => cache.get(root)?.text === String(value) && quick.at(-1) === String(value));
    }
    await zk.create(`${root}/came`);
    await zk.create(`${root}/stays`);
    await until(() => cache.size === 3);
    await zk.delete(`${root}/came`);
    await until(() => cache.size === 2);
    expect(heard).toHaveLength(1);
    release();
    await until(() => heard.length === 2);
    expect(heard[1]?.changes.map(({ type, path, before, node }) => [type, path, before?.text, node?.text])).toEqual([
      ['updated', root, '0', '9'],
      ['added', `${root}/stays`, undefined, ''],
    ]);
  });

  test('65: a listener may leave in its own call, and another may come in it, to hear of the next change', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const { cache, told } = watch(zk, root);
    await cache.start().ready();
    const first: number[] = [];
    const second: string[] = [];
    const stop = cache.on('changes', ({ changes }) => {
      first.push(changes.length);
      stop();
      cache.on('changes', (batch) => void second.push(...batch.changes.map(({ path }) => path)));
    });
    for (const name of ['a', 'b', 'c']) {
      await zk.create(`${root}/${name}`);
      await until(() => told.includes(`added ${root}/${name}`));
    }
    expect([first, second]).toEqual([[1], [`${root}/b`, `${root}/c`]]);
  });

  test('66: per node the order is that of the server, and what came minus what went is what there is', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const { cache, changes } = watch(open(zookeeper().url), root);
    await cache.start().ready();
    // 100 writers of 100 operations each, on 8 connections.
    const clients = Array.from({ length: 8 }, () => open(zookeeper().url));
    await Promise.all(Array.from({ length: 100 }, async (_, writer) => {
      const client = clients[writer % clients.length]!;
      const path = `${root}/w${writer}`;
      for (let step = 0; step < 100; step += 1) {
        if (step % 3 === 0) await client.create(path, String(step));
        else if (step % 3 === 1) await client.setData(path, String(step));
        else await client.delete(path);
      }
    }));
    await zk.create(`${root}/end`);
    await until(() => cache.has(`${root}/end`) && cache.size === 102);
    const count = (type: string): number => changes().filter((change) => change.type === type).length;
    expect(count('added') - count('removed')).toBe(102);
    for (let writer = 0; writer < 100; writer += 1) {
      const zxids = changes().filter(({ path, node }) => path === `${root}/w${writer}` && node !== undefined).map(({ node }) => node!.stat.mzxid);
      expect(zxids).toEqual([...zxids].sort((one, other) => (one < other ? -1 : 1)));
    }
  }, 60_000);

  test('68: two caches on one connection see the same', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const [one, other] = [watch(zk, root), watch(zk, root)];
    await Promise.all([one.cache.start().ready(), other.cache.start().ready()]);
    for (let step = 0; step < 50; step += 1) await zk.create(`${root}/n${step}`, String(step));
    await deleteAll(zk, `${root}/n7`);
    await until(() => one.cache.size === 50 && other.cache.size === 50);
    expect(heldIn(one.cache)).toEqual(heldIn(other.cache));
    await one.cache.close();
    await zk.create(`${root}/more`);
    await until(() => other.cache.has(`${root}/more`));
  });

  test('69: who follows one node is told at once what it is, or that there is none, and then each change, over sessions', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const proxy = await openProxy(zookeeper().port);
    const { cache } = watch(open(`127.0.0.1:${proxy.port}`, { sessionTimeoutMs: 1_000 }), root);
    await cache.start().ready();
    const heard: (string | undefined)[] = [];
    const stop = cache.follow(`${root}/key`, (node) => void heard.push(node?.text));
    expect(heard).toEqual([undefined]);
    const expected: (string | undefined)[] = [undefined];
    for (const value of ['1', '2']) {
      await zk.create(`${root}/key`, value);
      expected.push(value);
      await until(() => heard.length === expected.length);
      await zk.delete(`${root}/key`);
      expected.push(undefined);
      await until(() => heard.length === expected.length);
    }
    await proxy.refuse();
    await until(() => cache.state === 'lost');
    await zk.create(`${root}/key`, 'after');
    await proxy.heal();
    await until(() => heard.length === expected.length + 1);
    stop();
    await zk.setData(`${root}/key`, 'unheard');
    await until(() => cache.get(`${root}/key`)?.text === 'unheard');
    expect(heard).toEqual([...expected, 'after']);
    await cache.close();
    await proxy.close();
  });
});
