import { expect, test } from 'vitest';

import { zookeeper } from '../../../src/sources/zookeeper/index.js';
import { creatorAcl } from '../../../src/zookeeper/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { openProxy } from '../../harness/proxy.js';
import { startZookeeper } from '../../harness/servers/zookeeper.js';
import { opcodes } from '../../../src/zookeeper/requests.js';
import { openFilter } from '../../zookeeper-tree/filter.js';
import { follow, plain, until } from '../following.js';
import { freshRoot, put, useClient } from './rig.js';

const why = { author: 'ann', reason: 'test' };

async function refused(write: Promise<unknown>): Promise<{ code?: string; message?: string }> {
  try {
    await write;
    return {};
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
}

describeWith('zookeeper', 'writing to ZooKeeper', () => {
  const server = useServer(() => startZookeeper());
  const open = useClient(() => server().url);

  test('keys, history and version are one transaction', async () => {
    const zk = open();
    const root = freshRoot();
    const source = zookeeper({ connect: server().url, root });
    const { version } = await source.set({ 'gateway.limit': 50, 'gateway.burst': 60 }, why);
    const [limit, burst] = await Promise.all(['limit', 'burst'].map((name) => zk.getData(`${root}/gateway/${name}`)));
    const { children } = await zk.getChildren(`${root}-history`);
    expect(children).toEqual(['w-0000000000']);
    const { stat } = await zk.getData(`${root}-history/w-0000000000`);
    expect([limit?.stat.czxid, burst?.stat.czxid, stat.czxid].map(String)).toEqual([version, version, version]);
  });

  test('what is written for oneself alone nobody else may read, the history included', async () => {
    const zk = open();
    const root = freshRoot();
    const auth = { scheme: 'digest', auth: 'ann:secret' };
    const source = zookeeper({ connect: server().url, root: `${root}/mine`, auth, acl: creatorAcl });
    await source.set({ 'db.password': 'pw-1', 'db.host': 'h' }, why);
    await source.set({ 'db.password': 'pw-2' }, why);
    const { children } = await zk.getChildren(root);
    expect([...children].sort()).toEqual(['mine', 'mine-history']);
    const readable = (path: string): Promise<string> => zk.getData(path).then(() => 'readable', (error: unknown) => (error as { code: string }).code);
    for (const path of ['mine/db/password', 'mine/db/host', 'mine/db', 'mine', 'mine-history', 'mine-history/w-0000000001']) {
      expect([path, await readable(`${root}/${path}`)]).toEqual([path, 'NOAUTH']);
    }
    const reader = follow(source);
    await until(() => reader.entries.size === 2);
    expect(plain(reader.entries)).toEqual({ 'db.password': 'pw-2', 'db.host': 'h' });
    expect((await source.history('db.password')).map(({ after }) => after)).toEqual(['pw-2', 'pw-1']);
    await reader.stop();
  });

  test('a folder whose last key was removed is no key, whoever made it, and can become one again', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/made/by/others`, '1');
    const source = zookeeper({ connect: server().url, root });
    await source.set({ 'ours.too': '2', keep: '' }, why);
    const reader = follow(source);
    await until(() => reader.readings.length > 0);
    expect(plain(reader.entries)).toEqual({ 'made.by.others': '1', 'ours.too': '2', keep: '' });
    await source.delete(['made.by.others', 'ours.too'], why);
    await until(() => reader.entries.size === 1);
    expect(plain(reader.entries)).toEqual({ keep: '' });
    await source.set({ 'made.by': '' }, why);
    await until(() => reader.entries.has('made.by'));
    expect(plain(reader.entries)).toEqual({ keep: '', 'made.by': '' });
    await reader.stop();
  });

  test('behind a chroot the root may be /: history and heartbeat are no properties there, and do not count', async () => {
    const chroot = freshRoot();
    const source = zookeeper({ connect: `${server().url}${chroot}`, root: '/' });
    await source.set({ 'gateway.limit': 50 }, why);
    await source.set({ 'gateway.limit': null, burst: 'x'.repeat(1_000) }, why);
    await put(open(), `${chroot}/calumma-heartbeat`, 'of another reader');
    const reader = follow(source);
    await until(() => reader.readings.length > 0);
    expect([...reader.entries.keys()]).toEqual(['burst']);
    for (const key of ['calumma-history.w-0000000000', 'calumma-heartbeat']) {
      expect(await refused(source.set({ [key]: 'x' }, why))).toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringContaining('belongs to the server, or to the history') as string });
    }
    await reader.stop();
  });

  test('a node with children keeps them when its own text goes', async () => {
    const root = freshRoot();
    const source = zookeeper({ connect: server().url, root });
    await source.set({ a: 'own', 'a.b': '1' }, why);
    await source.delete('a', why);
    const reader = follow(source);
    await until(() => reader.readings.length > 0);
    expect(plain(reader.entries)).toEqual({ 'a.b': '1' });
    await reader.stop();
  });

  test('what no node can say is refused with what to do', async () => {
    const root = freshRoot();
    const source = zookeeper({ connect: server().url, root });
    await source.set({ 'a.b': '1', empty: '' }, why);
    const cases: [Record<string, string>, string][] = [
      [{ 'tab\tkey': '1' }, 'expected a key that can be the name of a node'],
      [{ 'a..b': '1' }, 'expected a key that can be the name of a node'],
      [{ '': '1' }, 'expected a key that can be the name of a node'],
      [{ 'a/c': '1' }, 'expected a key without "/"'],
      [{ a: '' }, 'expected a text that is not empty'],
      [{ 'empty.child': '1' }, 'expected no key below "empty"'],
    ];
    for (const [entries, message] of cases) {
      const { code, message: found } = await refused(source.set(entries, why));
      expect([code, found]).toEqual(['CALUMMA_OPTION', expect.stringContaining(message)]);
    }
    expect(await source.history()).toHaveLength(2);
  });

  test('a write that does not fit into one request is refused before it is sent', async () => {
    const root = freshRoot();
    const source = zookeeper({ connect: server().url, root });
    const { code, message } = await refused(source.set({ a: 'x'.repeat(900_000), b: 'y'.repeat(900_000) }, why));
    expect([code, message]).toEqual(['CALUMMA_TOO_LARGE', expect.stringContaining('expected a request of at most 1048575 bytes')]);
  });

  test('the 10 MB are counted over all keys, whoever wrote them', async () => {
    const zk = open();
    const root = freshRoot();
    for (let index = 0; index < 11; index += 1) await put(zk, `${root}/k${index}`, 'x'.repeat(950_000));
    const source = zookeeper({ connect: server().url, root });
    expect((await refused(source.set({ more: 'y'.repeat(40_000) }, why))).code).toBe('CALUMMA_TOO_LARGE');
    await source.set({ k0: 'small' }, why);
    await source.set({ more: 'y'.repeat(40_000) }, why);
  });

  test('50 writers at once lose nothing, and the sum of what they do is in the history', async () => {
    const root = freshRoot();
    const sources = [1, 2, 3, 4, 5].map(() => zookeeper({ connect: server().url, root }));
    await sources[0]?.set({ shared: '0' }, why);
    await Promise.all(sources.flatMap((source, one) => Array.from({ length: 4 }, async (_, round) => source.set({ [`key-${one}-${round}`]: '1', shared: `${one}-${round}` }, why))));
    const reader = follow(sources[0]!);
    await until(() => reader.readings.length > 0);
    expect(reader.entries.size).toBe(21);
    const history = await sources[0]!.history('shared', 100);
    expect(history).toHaveLength(21);
    expect(history.slice(0, -1).map(({ before }) => before)).toEqual(history.slice(1).map(({ after }) => after));
    await reader.stop();
  });

  test('the history is cut to its length, and an expectation that it cannot tell of is a conflict', async () => {
    const root = freshRoot();
    const source = zookeeper({ connect: server().url, root, historyLength: 5 });
    const { version } = await source.set({ a: '0' }, why);
    for (let round = 1; round <= 10; round += 1) await source.set({ a: String(round) }, why);
    expect((await source.history()).map(({ after }) => after)).toEqual(['10', '9', '8', '7', '6']);
    expect((await refused(source.set({ gone: '1' }, { ...why, expectedVersion: version }))).code).toBe('CALUMMA_CONFLICT');
  });

  test('an expected version of the future, or of another store, is a conflict; a text that is none is refused', async () => {
    const source = zookeeper({ connect: server().url, root: freshRoot() });
    const { version } = await source.set({ a: '0' }, why);
    expect((await refused(source.set({ a: '1' }, { ...why, expectedVersion: String(BigInt(version) + 100n) }))).code).toBe('CALUMMA_CONFLICT');
    expect((await refused(source.set({ a: '1' }, { ...why, expectedVersion: '1-0' }))).code).toBe('CALUMMA_OPTION');
  });

  test('a document that others wrote meanwhile is a conflict for every key', async () => {
    const zk = open();
    const root = freshRoot();
    const source = zookeeper({ connect: server().url, root, layout: 'document' });
    const { version } = await source.set({ a: '0', b: '0' }, why);
    await source.set({ a: '1' }, why);
    await source.set({ b: '1' }, { ...why, expectedVersion: version });
    await put(zk, root, 'a=2\nb=1\n');
    await source.set({ c: '1' }, why);
    expect((await refused(source.set({ d: '1' }, { ...why, expectedVersion: version }))).code).toBe('CALUMMA_CONFLICT');
  });

  test('a document of another format can be read only', async () => {
    const root = `${freshRoot()}.json`;
    const source = zookeeper({ connect: server().url, root, layout: 'document' });
    expect((await refused(source.set({ a: '1' }, why))).message).toContain('found json, which can be read only');
  });

  test('without the right to write it says so, and what to do', async () => {
    const zk = open();
    const root = freshRoot();
    await zk.create(root, '', { acl: [{ scheme: 'world', id: 'anyone', permissions: ['read'] }] });
    const source = zookeeper({ connect: server().url, root });
    expect((await refused(source.set({ a: '1' }, why))).message).toContain('expected the right to do this');
  });

  test('a write whose answer is lost is told as one of which nobody knows whether it was written', async () => {
    const zk = open();
    const root = freshRoot();
    const filter = await openFilter(server().port, {
      before: (frame) => (frame.readInt32BE(8) === opcodes.multi ? Promise.resolve(proxy.cutAfter(1)) : undefined),
    });
    const proxy = await openProxy(Number(filter.url.split(':')[1]));
    const source = zookeeper({ connect: `127.0.0.1:${proxy.port}`, root, sessionTimeout: 2_000 });
    const { code, message } = await refused(source.set({ a: '1' }, why));
    expect([code, message]).toEqual(['CALUMMA_SOURCE', expect.stringMatching(/^zookeeper\.set: .*CONNECTIONLOSS.*: nobody knows whether it was written; look at the history/)]);
    await expect.poll(() => zk.exists(`${root}/a`)).toBeDefined();
    await proxy.close();
    await filter.close();
  });

  test('a write that was answered is told as written, whatever becomes of the connection then', async () => {
    const root = freshRoot();
    let isWritten = false;
    const filter = await openFilter(server().port, {
      before: (frame) => {
        // What is asked behind the write waits for ever.
        if (isWritten) return new Promise(() => undefined);
        isWritten = frame.readInt32BE(8) === opcodes.multi;
        return undefined;
      },
    });
    const source = zookeeper({ connect: filter.url, root, sessionTimeout: 2_000 });
    const { version } = await source.set({ a: '1' }, why);
    const { stat } = await open().getData(`${root}/a`);
    expect(String(stat.mzxid)).toBe(version);
    await filter.close();
  });

  test('a server that is not there is told within the session timeout', async () => {
    const source = zookeeper({ connect: '127.0.0.1:1', root: '/a', sessionTimeout: 500 });
    expect((await refused(source.set({ a: '1' }, why))).message).toContain('ECONNREFUSED');
  });
});
