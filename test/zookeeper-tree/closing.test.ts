import { expect, test } from 'vitest';

import { opcodes } from '../../src/zookeeper/requests.js';
import { readTree, TreeCache } from '../../src/zookeeper/tree/index.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, thrownBy, useClients } from '../zookeeper/rig.js';
import { openFilter } from './filter.js';
import { deleteAll, heldIn, useCaches } from './rig.js';

describeWith('zookeeper', 'a tree cache ends', () => {
  const zookeeper = useServer(() => startZookeeper());
  const open = useClients();
  const watch = useCaches();

  test('70: after close nothing is told or asked, what was read stays, and it may come at any moment', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'x');
    const filter = await openFilter(zookeeper().port, {});
    const { cache, told, states } = watch(open(filter.url), root);
    await cache.start().ready();
    await cache.close();
    const asked = (): number => [opcodes.multiRead, opcodes.addWatch].reduce((sum, operation) => sum + (filter.asked.get(operation) ?? 0), 0);
    const before = asked();
    await writer.setData(root, 'y');
    await writer.create(`${root}/a`);
    const witness = watch(writer, root);
    await witness.cache.start().ready();
    cache.reconcile();
    expect([asked(), cache.get(root)?.text, cache.size, cache.state]).toEqual([before, 'x', 1, 'closed']);
    expect([told, states.at(-1)?.state]).toEqual([[`added ${root}`, 'initialized'], 'live']);

    // While it connects, while it loads, while a server hangs.
    const proxy = await openProxy(zookeeper().port);
    for (const fault of ['refuse', 'blackhole', 'heal'] as const) {
      await proxy[fault]();
      const early = watch(open(`127.0.0.1:${proxy.port}`), root).cache;
      const ready = codeOf(early.start().ready());
      await early.close();
      expect([fault, await ready]).toEqual([fault, 'CLOSED']);
    }
    const aborted = new TreeCache(open('127.0.0.1:1'), root);
    await expect(aborted.start().ready({ signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/);
    await aborted.close();
    await proxy.close();
    await filter.close();
  });

  test('a tree is read in answers that the client takes, and one that it cannot take is told of', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    for (let index = 0; index < 5; index += 1) await zk.create(`${root}/n${index}`, 'x'.repeat(600_000));
    const whole = watch(open(zookeeper().url, { maxReplyBytes: 1_000_000 }), root);
    await whole.cache.start().ready();
    expect(whole.cache.size).toBe(6);
    const narrow = watch(open(zookeeper().url, { maxReplyBytes: 500_000 }), root);
    const errors: string[] = [];
    narrow.cache.on('error', (error) => void errors.push(String(error)));
    narrow.cache.start();
    await until(() => errors.length > 0);
    expect(errors[0]).toContain('expected a frame of at most 500000 bytes, found a length of 600');
    expect(narrow.cache.size).toBe(0);
  });

  test('what nobody could mean is refused at once, with what was expected and found', async () => {
    const zk = open(zookeeper().url);
    const { cache } = watch(zk, await freshNode(zk));
    const calls: [() => unknown, string][] = [
      [() => new TreeCache({} as never, '/a'), 'TreeCache: expected a ZooKeeperClient, found an object'],
      [() => new TreeCache(zk, '/a', { accept: 5 as never }), 'TreeCache: expected accept as a function, found a value of type number'],
      [() => new TreeCache(zk, '/a', { keepData: 'no' as never }), 'TreeCache: expected keepData to be true or false, found a value of type string'],
      [() => new TreeCache(zk, '/a', { reconcileMs: '5' as never }), 'TreeCache: expected reconcileMs above 0, up to 1900000000, found a value of type string'],
      [() => new TreeCache(zk, '/a', { maxBytes: '5' as never }), 'TreeCache: expected maxBytes above 0, found a value of type string'],
      [() => new TreeCache(zk, '/a', { maxDepth: -1 }), 'TreeCache: expected maxDepth as a whole number from 0, found -1'],
      [() => new TreeCache(zk, '/a', { from: { state: 'closed', root: '/a' } as never }), 'TreeCache: expected from to be a closed TreeCache of the same root'],
      [() => cache.on('toString' as 'checked', () => undefined), 'TreeCache.on: expected changes, initialized, checked, state or error, found "toString"'],
      [() => cache.on('changes', undefined as never), 'TreeCache.on: expected a function as listener, found undefined'],
      [() => cache.on('state', () => undefined, { afterLoad: true } as never), 'TreeCache.on: expected options with signal, found "afterLoad"'],
      [() => cache.follow('/a', undefined as never), 'TreeCache.follow: expected a function as listener, found undefined'],
      [() => cache.get(undefined as never), 'TreeCache.get: expected a path, found undefined'],
      [() => cache.children(5 as never), 'TreeCache.children: expected a path, found a value of type number'],
      [() => cache.ready(null as never), 'TreeCache.ready: expected options as an object with signal, found null'],
      [() => readTree(undefined as never, '/a'), 'readTree: expected a ZooKeeperClient, found undefined'],
      [() => readTree(zk, 'a'), 'readTree: expected a path that begins with a slash, found "a"'],
      [() => readTree(zk, '/a', { depth: 1 } as never), 'readTree: expected options with signal, maxBytes, maxDepth, accept, descend, found "depth"'],
    ];
    for (const [call, message] of calls) expect(String(await thrownBy(call)).slice(0, message.length + 16)).toBe(`ZooKeeperError: ${message}`);
  });

  test('71: 1,000 caches that come and go leave no watches, listeners or memory', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    for (let index = 0; index < 20; index += 1) await zk.create(`${root}/n${index}`, 'x'.repeat(1_000));
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round += 1) {
        const cache = new TreeCache(zk, root);
        cache.on('changes', () => undefined);
        await cache.start().ready();
        await cache.close();
      }
    };
    const heap = (): number => {
      for (let pass = 0; pass < 3; pass += 1) global.gc?.();
      return process.memoryUsage().heapUsed;
    };
    await rounds(200);
    const before = heap();
    await rounds(1_000);
    // A cache of these nodes alone has 20 kB.
    expect(heap() - before).toBeLessThan(2_000_000);
    expect(await zookeeper().servers[0]!.ask('wchp')).not.toContain(root);
  }, 60_000);

  test('72: subtrees that are deleted let go of their memory', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    const { cache } = watch(zk, root);
    await cache.start().ready();
    for (let round = 0; round < 3; round += 1) {
      await zk.create(`${root}/sub`, 'x');
      await zk.multi(Array.from({ length: 300 }, (_, index) => ({ op: 'create', path: `${root}/sub/n${index}`, data: 'x'.repeat(1_000) }) as const));
      await until(() => cache.size === 302);
      expect(cache.bytes).toBe(300_001);
      await deleteAll(zk, `${root}/sub`);
      await until(() => cache.size === 1);
      expect([cache.bytes, cache.unreadable, cache.children(root)]).toEqual([0, 0, []]);
    }
  });

  test('73: one that begins with what a closed one has tells only what is different by now', async () => {
    const zk = open(zookeeper().url);
    const root = await freshNode(zk);
    for (const name of ['a', 'b', 'c']) await zk.create(`${root}/${name}`, name);
    const first = watch(zk, root);
    await first.cache.start().ready();
    await first.cache.close();
    await zk.setData(`${root}/a`, 'new');
    await zk.delete(`${root}/b`);
    await zk.create(`${root}/d`, 'd');
    const second = watch(zk, root, { from: first.cache });
    expect(second.cache.get(`${root}/a`)?.text).toBe('a');
    second.cache.start();
    await until(() => second.told.includes('initialized'));
    expect(second.told.slice(0, -1).sort()).toEqual([`added ${root}/d`, `removed ${root}/b`, `updated ${root}/a`]);
    expect(heldIn(second.cache)).toEqual({ [root]: '', [`${root}/a`]: 'new', [`${root}/c`]: 'c', [`${root}/d`]: 'd' });
    expect(() => new TreeCache(zk, '/other', { from: first.cache })).toThrow(/closed TreeCache of the same root/);
  });

  test('a client that is closed ends it, and a tree that is too large keeps what it had', async () => {
    const writer = open(zookeeper().url);
    const root = await freshNode(writer, 'x'.repeat(100));
    const zk = open(zookeeper().url);
    const { cache, errors } = watch(zk, root, { maxBytes: 1_000, reconcileMs: 200 });
    await cache.start().ready();
    await writer.create(`${root}/large`, 'x'.repeat(1_000));
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'QUOTAEXCEEDED', message: expect.stringContaining('expected at most 1000 bytes') as string });
    expect(cache.size).toBe(1);
    await writer.setData(`${root}/large`, 'small');
    await until(() => cache.get(`${root}/large`)?.text === 'small');
    await zk.close();
    await until(() => cache.state === 'closed');
    expect(cache.size).toBe(2);
  });
});
