import { expect, test } from 'vitest';

import { opcodes } from '../../src/zookeeper/requests.js';
import { TreeCache } from '../../src/zookeeper/tree/index.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, useClients } from '../zookeeper/rig.js';
import { openFilter } from './filter.js';
import { deleteAll, heldIn, useCaches } from './rig.js';

describeWith('zookeeper', 'a tree cache begins', () => {
  const zookeeper = useServer(() => startZookeeper());
  const open = useClients();
  const watch = useCaches();

  test('1: one added per node, the root too, then initialized, then silence', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk, 'r');
    await zk.create(`${root}/a`, '1');
    await zk.create(`${root}/a/b`, '2');
    const { cache, tells, batches } = watch(zk, root);
    cache.start();
    await tells(`added ${root}`, `added ${root}/a`, `added ${root}/a/b`, 'initialized');
    expect(batches.map(({ cause }) => cause)).toEqual(['load']);
    expect(heldIn(cache)).toEqual({ [root]: 'r', [`${root}/a`]: '1', [`${root}/a/b`]: '2' });
    await zk.create(`${root}/c`);
    await tells(`added ${root}/c`);
  });

  test('2: of a root that does not exist, initialized and no added; added follows when it comes', async () => {
    const zk = open(zookeeper().url);
    const root = `${await freshNode(zk)}/later`;
    const { cache, tells } = watch(zk, root);
    cache.start();
    await tells('initialized');
    expect([cache.state, cache.size, cache.get(root)]).toEqual(['live', 0, undefined]);
    await zk.create(root, 'here');
    await tells(`added ${root}`);
    expect(cache.get(root)?.text).toBe('here');
  });

  test('3: what is created above a root that lies deeper is no event, the root is', async () => {
    const zk = open(zookeeper().url);
    const top = await freshNode(zk);
    const { cache, tells, told } = watch(zk, `${top}/a/b/c`);
    cache.start();
    await tells('initialized');
    await zk.create(`${top}/a`);
    await zk.create(`${top}/a/b`);
    await zk.create(`${top}/a/b/c`, 'x');
    await tells(`added ${top}/a/b/c`);
    expect(told).toEqual(['initialized', `added ${top}/a/b/c`]);
  });

  test('4: with createRoot the path is there afterwards, without it it is not', async () => {
    const zk = open(zookeeper().url);
    const top = await freshNode(zk);
    const without = watch(zk, `${top}/x/y`);
    without.cache.start();
    await without.tells('initialized');
    expect(await zk.exists(`${top}/x`)).toBeUndefined();
    const creating = watch(zk, `${top}/p/q`, { createRoot: true });
    creating.cache.start();
    await creating.tells(`added ${top}/p/q`, 'initialized');
    expect(await zk.exists(`${top}/p/q`)).toBeDefined();
  });

  test('5: start returns while the server is down, and initialized comes when that does', async () => {
    const direct = open(zookeeper().url);
    const root = await freshNode(direct, 'x');
    const proxy = await openProxy(zookeeper().port);
    await proxy.refuse();
    const zk = open(`127.0.0.1:${proxy.port}`);
    const { cache, told, tells } = watch(zk, root);
    cache.start();
    await until(() => cache.lastError !== undefined);
    expect([cache.state, told]).toEqual(['loading', []]);
    await proxy.heal();
    await tells(`added ${root}`, 'initialized');
    await cache.close();
    await proxy.close();
  });

  test('6: a child that vanishes between listing and reading does not keep it from being initialized', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer);
    for (let index = 0; index < 300; index += 1) await writer.create(`${root}/n${index}`);
    const zk = open(zookeeper().url);
    await zk.connect();
    // Read by read, so that the deletions fall between: the list is asked for when the root has been answered.
    const read = zk.multiRead.bind(zk);
    let deleted = 0;
    zk.multiRead = (reads, options) => {
      const next = reads.find(({ op, path }) => op === 'get' && path !== root);
      if (next === undefined || deleted === 3) return read(reads, options);
      deleted += 1;
      return writer.delete(next.path).then(() => read(reads, options));
    };
    const { cache } = watch(zk, root);
    cache.start();
    await cache.ready();
    expect(deleted).toBe(3);
    await until(() => cache.size === 301 - 3);
  });

  test('7: an empty root is initialized', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const { cache, tells } = watch(zk, root);
    cache.start();
    await tells(`added ${root}`, 'initialized');
    expect(cache.children(root)).toEqual([]);
  });

  test('8: who listens after the load hears nothing of it, and all that follows', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    await zk.create(`${root}/old`);
    const { cache } = watch(zk, root);
    const heard: string[] = [];
    cache.on('changes', ({ changes }) => void heard.push(...changes.map(({ path }) => path)), { afterLoad: true });
    await cache.start().ready();
    expect(heard).toEqual([]);
    await zk.create(`${root}/new`);
    await until(() => heard.length > 0);
    await zk.setData(`${root}/old`, '1');
    await until(() => heard.length > 1);
    expect(heard).toEqual([`${root}/new`, `${root}/old`]);
  });

  test('9: a load that breaks in the middle is no load: initialized comes after a whole one', async () => {
    const direct = open(zookeeper().url);
    const root = await freshNode(direct);
    for (let index = 0; index < 200; index += 1) await direct.create(`${root}/n${index}`, 'x'.repeat(1_000));
    const proxy = await openProxy(zookeeper().port);
    proxy.cutAfter(60_000);
    const { cache, told, batches } = watch(open(`127.0.0.1:${proxy.port}`), root);
    cache.start();
    await cache.ready();
    expect(proxy.accepted).toBeGreaterThan(1);
    await until(() => told.includes('initialized'));
    expect(told.filter((event) => event === 'initialized')).toHaveLength(1);
    expect(batches.map(({ changes }) => changes.length)).toEqual([201]);
    expect(cache.size).toBe(201);
    await cache.close();
    await proxy.close();
  });

  test('11 (stat): a child that is another one between the reading of its parent and the listing leaves no old stat behind', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    await zk.create(`${root}/a`);
    await zk.create(`${root}/a/x`);
    let lists = 0;
    const filter = await openFilter(zookeeper().port, {
      before: (frame) => {
        const isList = frame.readInt32BE(8) === opcodes.multiRead && frame.readInt32BE(12) === opcodes.getChildren;
        if (isList) lists += 1;
        // The first list is that of the root, the second that of `a`.
        return isList && lists === 2 ? zk.multi([{ op: 'delete', path: `${root}/a/x` }, { op: 'create', path: `${root}/a/x` }]) : undefined;
      },
    });
    const { cache } = watch(open(filter.url), root);
    await cache.start().ready();
    const { stat } = await zk.getData(`${root}/a`);
    await until(() => cache.get(`${root}/a`)?.stat.cversion === stat.cversion, () => cache.get(`${root}/a`)?.stat.cversion);
    expect(lists).toBe(2);
    await cache.close();
    await filter.close();
  });

  test('10: to start twice, or after close, is an error', async () => {
    const zk = open(zookeeper().url);
    const { cache } = watch(zk, await freshNode(zk));
    cache.start();
    expect(() => cache.start()).toThrow(/started before/);
    await cache.close();
    expect(() => cache.start()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(await codeOf(new TreeCache(zk, cache.root).close())).toBe('OK');
  });

  test('11: a change between the watch and the first read is there in the end, and reported once', async () => {
    const zk = open(zookeeper().url);
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'before');
    const add = zk.addWatch.bind(zk);
    zk.addWatch = async (...args) => {
      const watching = await add(...args);
      await writer.setData(root, 'after');
      return watching;
    };
    const { cache, tells, told } = watch(zk, root);
    cache.start();
    await tells(`added ${root}`, 'initialized');
    expect(cache.get(root)?.text).toBe('after');
    await zk.create(`${root}/end`);
    await until(() => told.includes(`added ${root}/end`));
    expect(told).toEqual([`added ${root}`, 'initialized', `added ${root}/end`]);
    await deleteAll(writer, root);
  });
});
