import { expect, test } from 'vitest';

import { creatorAcl, type WatchEvent } from '../../src/zookeeper/index.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, listening, shown, statesOf, textOf, useClients } from './rig.js';

describeWith('zookeeper', 'watches', () => {
  const zookeeper = useServer(startZookeeper);
  const open = useClients();
  const pair = () => [open(zookeeper().url), open(zookeeper().url)] as const;
  /** How many paths the server watches, over all clients. */
  const watchedPaths = async () => (await zookeeper().servers[0]!.ask('wchp')).split('\n').filter((line) => line.startsWith('/')).sort();

  test('a one-shot watch tells the next thing, once, and waits for what was read', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const [data, exists, missing, children, childrenAndData] = Array.from({ length: 5 }, () => listening<WatchEvent>());
    await zk.getData(path, { watch: data!.listener });
    await zk.exists(path, { watch: exists!.listener });
    await zk.exists(`${path}/new`, { watch: missing!.listener });
    await zk.getChildren(path, { watch: children!.listener });
    await zk.getData(path, { watch: childrenAndData!.listener });
    await zk.getChildren(path, { watch: childrenAndData!.listener });
    await writer.create(`${path}/new`);
    await writer.create(`${path}/other`);
    await writer.setData(path, 'x');
    await writer.setData(path, 'y');
    await zk.sync();
    expect(shown(data!.all)).toEqual([`changed ${path}`]);
    expect(shown(exists!.all)).toEqual([`changed ${path}`]);
    expect(shown(missing!.all)).toEqual([`created ${path}/new`]);
    expect(shown(children!.all)).toEqual([`children ${path}`]);
    expect(shown(childrenAndData!.all)).toEqual([`children ${path}`, `changed ${path}`]);
  });

  test('a deleted node ends all one-shot watches on it, and a listener hears of it once', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const heard = listening<WatchEvent>();
    await zk.getData(path, { watch: heard.listener });
    await zk.getChildren(path, { watch: heard.listener });
    await zk.exists(path, { watch: heard.listener });
    await writer.delete(path);
    await writer.create(path);
    await zk.sync();
    expect(shown(heard.all)).toEqual([`deleted ${path}`]);
  });

  test('reading what is not there leaves no watch, but for exists', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const heard = listening<WatchEvent>();
    expect(await codeOf(zk.getData(`${path}/x`, { watch: heard.listener }))).toBe('NONODE');
    expect(await codeOf(zk.getChildren(`${path}/x`, { watch: heard.listener }))).toBe('NONODE');
    await writer.create(`${path}/x`);
    await zk.sync();
    expect(heard.all).toEqual([]);
    expect((await watchedPaths()).filter((watched) => watched.startsWith(path))).toEqual([]);
  });

  test('a persistent watch tells everything of one node, and again', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const heard = listening<WatchEvent>();
    await zk.addWatch(`${path}/x`, heard.listener);
    await writer.create(`${path}/x`);
    await writer.setData(`${path}/x`, '1');
    await writer.setData(`${path}/x`, '2');
    await writer.create(`${path}/x/child`);
    await writer.setData(`${path}/x/child`, 'unseen');
    await writer.delete(`${path}/x/child`);
    await writer.delete(`${path}/x`);
    await writer.create(`${path}/x`);
    await zk.sync();
    expect(shown(heard.all)).toEqual(['created', 'changed', 'changed', 'children', 'children', 'deleted', 'created'].map((type) => `${type} ${path}/x`));
  });

  test('a recursive watch tells of every node below, at any depth, also of those whose parents are missing', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const heard = listening<WatchEvent>();
    await zk.addWatch(`${path}/a/b`, heard.listener, { recursive: true });
    await writer.ensurePath(`${path}/a/b/c/d`);
    await writer.setData(`${path}/a/b/c/d`, 'x');
    await writer.create(`${path}/a/beside`);
    await writer.multi([{ op: 'delete', path: `${path}/a/b/c/d` }, { op: 'delete', path: `${path}/a/b/c` }, { op: 'delete', path: `${path}/a/b` }]);
    await zk.sync();
    expect(shown(heard.all)).toEqual(['created b', 'created b/c', 'created b/c/d', 'changed b/c/d', 'deleted b/c/d', 'deleted b/c', 'deleted b'].map((event) => event.replace(' ', ` ${path}/a/`)));
  });

  test('the root can be watched, and a chroot is one', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const inside = open(`${zookeeper().url}${path}`);
    const [whole, own] = [listening<WatchEvent>(), listening<WatchEvent>()];
    await zk.addWatch('/', whole.listener, { recursive: true });
    await inside.addWatch('/', own.listener, { recursive: true });
    const once = listening<WatchEvent>();
    await inside.getChildren('/', { watch: once.listener });
    await writer.create(`${path}/x`);
    await writer.setData(path, 'y');
    await inside.sync();
    await zk.sync();
    expect(shown(own.all)).toEqual(['created /x', 'changed /']);
    expect(shown(once.all)).toEqual(['children /']);
    expect(shown(whole.all)).toEqual([`created ${path}/x`, `changed ${path}`]);
  });

  // ZooKeeper 3.8 keeps one mode for each session and path (ZOOKEEPER-4466): here the client makes up for it.
  test('watches of all kinds on one path do not disturb each other', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const [plain, recursive, data, children, later] = Array.from({ length: 5 }, () => listening<WatchEvent>());
    await zk.getChildren(path, { watch: children!.listener });
    await zk.addWatch(path, plain!.listener);
    await zk.getData(path, { watch: data!.listener });
    const tree = await zk.addWatch(path, recursive!.listener, { recursive: true });
    await writer.create(`${path}/x`);
    await writer.setData(path, '1');
    await zk.getData(path, { watch: later!.listener });
    await writer.setData(path, '2');
    await zk.sync();
    expect(shown(children!.all)).toEqual([`children ${path}`]);
    expect(shown(data!.all)).toEqual([`changed ${path}`]);
    expect(shown(later!.all)).toEqual([`changed ${path}`]);
    expect(shown(plain!.all)).toEqual([`children ${path}`, `changed ${path}`, `changed ${path}`]);
    expect(shown(recursive!.all)).toEqual([`created ${path}/x`, `changed ${path}`, `changed ${path}`]);
    await zk.getData(path, { watch: later!.listener });
    await tree.remove();
    await writer.delete(`${path}/x`);
    await writer.setData(path, '3');
    await zk.sync();
    expect(shown(plain!.all).slice(3)).toEqual([`children ${path}`, `changed ${path}`]);
    expect(recursive!.all).toHaveLength(3);
    expect(later!.all).toHaveLength(2);
  });

  test('one-shot watches outlive the lasting one that served them', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const once = listening<WatchEvent>();
    const watch = await zk.addWatch(path, () => undefined);
    await zk.getData(path, { watch: once.listener });
    await zk.getChildren(path, { watch: once.listener });
    await watch.remove();
    await writer.create(`${path}/x`);
    await writer.setData(path, '1');
    await zk.sync();
    expect(shown(once.all)).toEqual([`children ${path}`, `changed ${path}`]);
    expect((await watchedPaths()).filter((watched) => watched.startsWith(path))).toEqual([]);
  });

  test('the last listener that goes takes the watch from the server along, and not before', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const [one, two] = [listening<WatchEvent>(), listening<WatchEvent>()];
    const [first, second] = await Promise.all([zk.addWatch(path, one.listener), zk.addWatch(path, two.listener)]);
    expect(first).toMatchObject({ path, recursive: false });
    await first.remove();
    await first.remove();
    await writer.setData(path, '1');
    await zk.sync();
    expect([one.all.length, two.all.length]).toEqual([0, 1]);
    expect(await watchedPaths()).toContain(path);
    await second.remove();
    expect(await watchedPaths()).not.toContain(path);
  });

  test('watches are removed by kind, and those that are not there are named', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const [data, children, plain, tree] = Array.from({ length: 4 }, () => listening<WatchEvent>());
    const heard = () => [data, children, plain, tree].map((list) => list!.all.length);
    await zk.getData(path, { watch: data!.listener });
    await zk.getChildren(path, { watch: children!.listener });
    await zk.removeWatches(path, { kind: 'data' });
    expect(await codeOf(zk.removeWatches(path, { kind: 'data' }))).toBe('NOWATCHER');
    expect(await codeOf(zk.removeWatches(path, { kind: 'persistent' }))).toBe('NOWATCHER');
    await writer.setData(path, '1');
    await writer.create(`${path}/a`);
    await zk.sync();
    expect(heard()).toEqual([0, 1, 0, 0]);
    await zk.getChildren(path, { watch: children!.listener });
    await zk.addWatch(path, plain!.listener);
    await zk.addWatch(path, tree!.listener, { recursive: true });
    await zk.removeWatches(path, { kind: 'children' });
    await zk.removeWatches(path, { kind: 'recursive' });
    await writer.create(`${path}/b`);
    await zk.sync();
    expect(heard()).toEqual([0, 1, 1, 0]);
    await zk.addWatch(path, tree!.listener, { recursive: true });
    await zk.exists(path, { watch: data!.listener });
    await zk.removeWatches(path);
    await writer.setData(path, '2');
    await writer.create(`${path}/c`);
    await zk.sync();
    expect(heard()).toEqual([0, 1, 1, 0]);
    expect((await watchedPaths()).filter((watched) => watched.startsWith(path))).toEqual([]);
  });

  test('who reads new data has been told before, and who is told has the answers from before', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer, '0');
    const story: string[] = [];
    await zk.addWatch(path, () => void story.push('told'));
    // Reads and writes by one connection, answered in a heap: between two reads of different values an event must stand.
    const reads: Promise<void>[] = [];
    for (let value = 1; value <= 300; value += 1) {
      void zk.setData(path, String(value));
      reads.push(zk.getData(path).then(({ data }) => void story.push(data.toString())));
    }
    await Promise.all(reads);
    expect(story).toEqual(Array.from({ length: 300 }, (_, index) => ['told', String(index + 1)]).flat());
  });

  test('a watch is told before the answer to a read by another path of the same client', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer, 'old');
    for (let round = 0; round < 50; round += 1) {
      let told = false;
      await zk.getData(path, { watch: () => void (told = true) });
      const written = writer.setData(path, String(round));
      for (;;) {
        const value = await textOf(zk, path);
        if (value === String(round)) break;
      }
      expect(told).toBe(true);
      await written;
    }
  });

  test('a listener that throws, or rejects, is reported and disturbs nobody', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    const errors = listening<unknown>();
    zk.on('error', errors.listener);
    const heard = listening<WatchEvent>();
    await zk.addWatch(path, () => {
      throw new Error('first');
    });
    await zk.addWatch(path, () => Promise.reject(new Error('second')));
    await zk.addWatch(path, heard.listener);
    await writer.setData(path, '1');
    await until(() => errors.all.length === 2);
    expect(errors.all.map(String)).toEqual(['Error: first', 'Error: second']);
    expect(heard.all).toHaveLength(1);
    expect(await textOf(zk, path)).toBe('1');
  });

  test('a listener may remove itself, and hears nothing of what was on its way', async () => {
    const [zk, writer] = pair();
    const path = await freshNode(writer);
    let count = 0;
    const watch = await zk.addWatch(path, () => {
      count += 1;
      void watch.remove();
    });
    await writer.multi([{ op: 'set', path, data: '1' }, { op: 'set', path, data: '2' }]);
    await zk.sync();
    expect(count).toBe(1);
  });

  test('nothing is told of nodes that may not be read', async () => {
    const [zk, owner] = pair();
    await owner.addAuth('digest', 'o:o');
    const path = await freshNode(owner);
    const heard = listening<WatchEvent>();
    await zk.addWatch(path, heard.listener, { recursive: true });
    await owner.create(`${path}/secret`, '', { acl: creatorAcl });
    await owner.setData(`${path}/secret`, 'x');
    await owner.create(`${path}/open`);
    await zk.sync();
    expect(shown(heard.all)).toEqual([`created ${path}/open`]);
  });

  test('after a reconnect all watches are there again; one-shot ones tell what changed, lasting ones do not', async () => {
    const proxy = await openProxy(zookeeper().port);
    const writer = open(zookeeper().url);
    const zk = open(`127.0.0.1:${proxy.port}`);
    const path = await freshNode(writer);
    await writer.create(`${path}/still`);
    const [changed, created, children, still, plain, tree] = Array.from({ length: 6 }, () => listening<WatchEvent>());
    await zk.getData(path, { watch: changed!.listener });
    await zk.exists(`${path}/new`, { watch: created!.listener });
    await zk.getChildren(path, { watch: children!.listener });
    await zk.getData(`${path}/still`, { watch: still!.listener });
    const lasting = await freshNode(writer);
    await zk.addWatch(lasting, plain!.listener);
    await zk.addWatch(lasting, tree!.listener, { recursive: true });
    const states = statesOf(zk);
    await proxy.refuse();
    await until(() => states.length === 1);
    await writer.setData(path, '1');
    await writer.create(`${path}/new`);
    await writer.setData(lasting, '1');
    await writer.create(`${lasting}/new`);
    await proxy.heal();
    await zk.sync();
    expect(states.map(({ state, newSession }) => `${state} ${newSession}`)).toEqual(['suspended false', 'connected false']);
    expect([changed, created, children, still].map((list) => shown(list!.all).join())).toEqual([`changed ${path}`, `created ${path}/new`, `children ${path}`, '']);
    expect([plain!.all, tree!.all]).toEqual([[], []]);
    await writer.setData(`${path}/still`, '2');
    await writer.setData(`${lasting}/new`, '2');
    await writer.delete(`${lasting}/new`);
    await zk.sync();
    expect(shown(still!.all)).toEqual([`changed ${path}/still`]);
    expect(shown(plain!.all)).toEqual([`children ${lasting}`]);
    expect(shown(tree!.all)).toEqual([`changed ${lasting}/new`, `deleted ${lasting}/new`]);
    await proxy.close();
  });

  test('10,000 watches on long paths are set again in requests that a server takes', async () => {
    const proxy = await openProxy(zookeeper().port);
    const writer = open(zookeeper().url);
    const zk = open(`127.0.0.1:${proxy.port}`);
    const path = await freshNode(writer);
    const names = Array.from({ length: 10_000 }, (_, index) => `${path}/${'x'.repeat(120)}${index}`);
    const heard = listening<WatchEvent>();
    await Promise.all(names.map((name, index) => (index % 2 === 0 ? zk.exists(name, { watch: heard.listener }) : zk.addWatch(name, heard.listener))));
    const states = statesOf(zk);
    proxy.reset();
    await until(() => states.length === 2);
    await zk.sync();
    expect((await watchedPaths()).filter((watched) => watched.startsWith(path))).toHaveLength(10_000);
    await writer.create(names[0]!);
    await writer.create(names[9_999]!);
    await zk.sync();
    expect(shown(heard.all)).toEqual([`created ${names[0]!}`, `created ${names[9_999]!}`]);
    expect(states.map(({ state }) => state)).toEqual(['suspended', 'connected']);
    await proxy.close();
  });

  test('a watch that was asked for while there is no connection is set with the next one', async () => {
    const proxy = await openProxy(zookeeper().port);
    const writer = open(zookeeper().url);
    const zk = open(`127.0.0.1:${proxy.port}`);
    const path = await freshNode(writer);
    await zk.connect();
    const states = statesOf(zk);
    await proxy.refuse();
    await until(() => states.length === 1);
    const heard = listening<WatchEvent>();
    const adding = zk.addWatch(path, heard.listener);
    const gone = await zk.addWatch(path, heard.listener, { signal: AbortSignal.timeout(20) }).catch((error: unknown) => error);
    expect(gone).toMatchObject({ name: 'TimeoutError' });
    await proxy.heal();
    await adding;
    await writer.setData(path, '1');
    await zk.sync();
    expect(shown(heard.all)).toEqual([`changed ${path}`]);
    await proxy.close();
  });

  test('closing removes the watches, and those of others stay', async () => {
    const [zk, other] = pair();
    const path = await freshNode(other);
    const [mine, theirs] = [listening<WatchEvent>(), listening<WatchEvent>()];
    await zk.addWatch(path, mine.listener);
    await other.addWatch(path, theirs.listener);
    await zk.close();
    await other.setData(path, '1');
    await other.sync();
    expect([mine.all.length, theirs.all.length]).toEqual([0, 1]);
  });
});
