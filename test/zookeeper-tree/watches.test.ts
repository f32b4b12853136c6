import { expect, test } from 'vitest';

import { opcodes } from '../../src/zookeeper/requests.js';
import type { WatchEvent } from '../../src/zookeeper/index.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { openProxy } from '../harness/proxy.js';
import { codeOf, freshNode, listening, shown, useClients } from '../zookeeper/rig.js';
import { openFilter } from './filter.js';
import { deleteAll, heldIn, onServer, useCaches } from './rig.js';

describeWith('zookeeper', 'the watches of a tree cache', () => {
  const zookeeper = useServer(() => startZookeeper());
  const open = useClients();
  const watch = useCaches();

  test('55: one watch tells of change after change, and is set once', async () => {
    const filter = await openFilter(zookeeper().port, {});
    const zk = open(filter.url);
    const root = await freshNode(zk, '0');
    const { cache } = watch(zk, root);
    await cache.start().ready();
    for (const value of ['1', '2', '3', '4', '5']) {
      await zk.setData(root, value);
      await until(() => cache.get(root)?.text === value);
    }
    expect(filter.asked.get(opcodes.addWatch)).toBe(1);
    await cache.close();
    await filter.close();
  });

  test('56: it tells of nodes that are created, changed and deleted at any depth, each once', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const { cache, tells } = watch(zk, root);
    await cache.start().ready();
    await tells(`added ${root}`, 'initialized');
    for (const path of ['/a', '/a/b', '/a/b/c', '/a/b/c/d']) {
      await zk.create(root + path);
      await tells(`added ${root}${path}`);
    }
    await zk.setData(`${root}/a/b/c/d`, '1');
    await tells(`updated ${root}/a/b/c/d`);
    await zk.delete(`${root}/a/b/c/d`);
    await tells(`removed ${root}/a/b/c/d`);
  });

  test('57: it lives beside a plain watch on the same node, and that stays when the cache is closed', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const heard = listening<WatchEvent>();
    const plain = await zk.addWatch(root, heard.listener);
    const { cache, tells } = watch(zk, root);
    await cache.start().ready();
    await tells(`added ${root}`, 'initialized');
    await zk.create(`${root}/a`);
    await tells(`added ${root}/a`);
    await until(() => heard.all.length === 1);
    await cache.close();
    await zk.setData(root, '1');
    await zk.create(`${root}/b`);
    await until(() => heard.all.length === 3);
    expect(shown(heard.all)).toEqual([`children ${root}`, `changed ${root}`, `children ${root}`]);
    const again = watch(zk, root);
    await again.cache.start().ready();
    await plain.remove();
    await zk.create(`${root}/c`);
    await until(() => again.cache.has(`${root}/c`));
  });

  test('58: with watches that fire once a missing root is watched by looking whether it exists', async () => {
    const writer = open(zookeeper().url);
    const root = `${await freshNode(writer)}/later`;
    const filter = await openFilter(zookeeper().port, { isOld: true });
    const zk = open(filter.url);
    const { cache, tells } = watch(zk, root);
    cache.start();
    await tells('initialized');
    expect(await codeOf(zk.getChildren(root))).toBe('NONODE');
    for (const value of ['1', '2']) {
      await writer.create(root, value);
      await tells(`added ${root}`);
      await writer.delete(root);
      await tells(`removed ${root}`);
    }
    expect(filter.asked.get(opcodes.exists)).toBeGreaterThan(0);
    await cache.close();
    await filter.close();
  });

  test('59: a tree is one watch, whatever its size; those of an old server are set again in pieces, and nothing is lost', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer);
    const name = 'x'.repeat(110);
    for (let from = 0; from < 2_000; from += 500) {
      await writer.multi(Array.from({ length: 500 }, (_, index) => ({ op: 'create', path: `${root}/${name}-${String(from + index).padStart(5, '0')}` }) as const));
    }
    const filter = await openFilter(zookeeper().port, { isOld: true });
    const proxy = await openProxy(Number(filter.url.split(':')[1]));
    const { cache, told } = watch(open(`127.0.0.1:${proxy.port}`), root);
    await cache.start().ready();
    expect(cache.size).toBe(2_001);
    proxy.reset();
    await until(() => cache.state === 'suspended');
    await writer.setData(`${root}/${name}-00777`, 'new');
    await until(() => told.includes(`updated ${root}/${name}-00777`));
    // Two for each node, of 140 bytes: 560 kB, in requests of at most 128 KiB.
    expect(filter.asked.get(opcodes.setWatches)).toBeGreaterThanOrEqual(4);
    await cache.close();
    await proxy.close();
    await filter.close();
  }, 60_000);

  test('60: a server that does not know lasting watches is followed with those that fire once', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'r');
    await writer.create(`${root}/a`, '1');
    const filter = await openFilter(zookeeper().port, { isOld: true });
    const proxy = await openProxy(Number(filter.url.split(':')[1]));
    const { cache, tells, errors } = watch(open(`127.0.0.1:${proxy.port}`), root);
    cache.start();
    await tells(`added ${root}`, `added ${root}/a`, 'initialized');
    for (const round of ['one', 'two']) {
      await writer.setData(`${root}/a`, round);
      await tells(`updated ${root}/a`);
      await writer.create(`${root}/b`, round);
      await tells(`added ${root}/b`);
      await writer.create(`${root}/b/deep`, round);
      await tells(`added ${root}/b/deep`);
      await deleteAll(writer, `${root}/b`);
      await until(() => !cache.has(`${root}/b`));
      await tells(`removed ${root}/b/deep`, `removed ${root}/b`);
    }
    proxy.reset();
    await writer.create(`${root}/away`, '1');
    await tells(`added ${root}/away`);
    for (let step = 0; step < 100; step += 1) await writer.create(`${root}/n${step}`, String(step));
    for (let step = 0; step < 100; step += 2) await writer.delete(`${root}/n${step}`);
    await until(() => cache.size === 53);
    expect(heldIn(cache)).toEqual(await onServer(writer, root));
    expect([errors, filter.asked.get(opcodes.addWatch)]).toEqual([[], 1]);
    await cache.close();
    await proxy.close();
    await filter.close();
  });

  test('61: a node that we may not read is left out and counted, stops nothing, and is there once we may', async () => {
    const owner = open(zookeeper().url, { auth: [{ scheme: 'digest', auth: 'ann:pw' }] });
    const root = await freshNode(owner);
    const secret = [{ scheme: 'auth', id: '', permissions: 'all' }] as const;
    await owner.create(`${root}/secret`, 'x', { acl: secret });
    await owner.create(`${root}/secret/below`, 'y');
    await owner.create(`${root}/z`, '1');
    const { cache, tells, told, errors } = watch(open(zookeeper().url), root);
    cache.start();
    await tells(`added ${root}`, `added ${root}/z`, 'initialized');
    expect([cache.unreadable, cache.has(`${root}/secret`), cache.children(root)]).toEqual([1, false, ['z']]);
    await owner.setData(`${root}/secret`, 'xx');
    await owner.create(`${root}/other`, 'x', { acl: secret });
    await owner.setData(`${root}/z`, '2');
    await until(() => told.includes(`updated ${root}/z`));
    expect(told.filter((event) => /secret|other/.test(event))).toEqual([]);
    await owner.setAcl(`${root}/secret`, [{ scheme: 'world', id: 'anyone', permissions: 'all' }]);
    cache.reconcile();
    await until(() => cache.has(`${root}/secret/below`));
    expect([cache.get(`${root}/secret`)?.text, errors]).toEqual(['xx', []]);
    // What we were allowed to read once stays as it was: an error is no absence.
    await owner.setAcl(`${root}/z`, [...secret]);
    cache.reconcile();
    await owner.create(`${root}/end`);
    await until(() => cache.has(`${root}/end`));
    expect(cache.get(`${root}/z`)?.text).toBe('2');
  });

  test('62: closing removes its watch from the server, and leaves those of others', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const one = watch(zk, root);
    const other = watch(open(zookeeper().url), root);
    await Promise.all([one.cache.start().ready(), other.cache.start().ready()]);
    const watchers = async (): Promise<number> => (await zookeeper().servers[0]!.ask('wchp')).split('\n').filter((line) => line.startsWith('\t')).length;
    const before = await watchers();
    await one.cache.close();
    await expect.poll(watchers).toBe(before - 1);
    await zk.create(`${root}/a`);
    await until(() => other.cache.has(`${root}/a`));
    expect(one.cache.has(`${root}/a`)).toBe(false);
  });
});
