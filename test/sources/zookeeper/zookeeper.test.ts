import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

import { createConfig } from '../../../src/index.js';
import { creatorAcl } from '../../../src/zookeeper/index.js';
import { zookeeper } from '../../../src/sources/zookeeper/index.js';
import { openProxy } from '../../harness/proxy.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startZookeeper } from '../../harness/servers/zookeeper.js';
import { follow, plain, thrownBy, until } from '../following.js';
import { freshRoot, put, useClient } from './rig.js';

const why = { author: 'ann', reason: 'test' };

describeWith('zookeeper', 'zookeeper()', () => {
  const server = useServer(() => startZookeeper());
  const open = useClient(() => server().url);

  test('a property follows a node, several of one transaction in one publish, with origin, version and lag', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/gateway/limit`, '100');
    await put(zk, `${root}/gateway/burst`, '200');
    await using config = createConfig({ layers: [zookeeper({ connect: server().url, root })] });
    await config.ready();
    const limit = config.getIntProperty('gateway.limit', 1);
    expect(limit.get()).toBe(100);
    const told: string[] = [];
    config.on('change', ({ changes }) => void told.push(changes.map(({ key, after }) => `${key}=${after ?? ''}`).sort().join(' ')));
    const results = await zk.multi([
      { op: 'set', path: `${root}/gateway/limit`, data: '50' },
      { op: 'set', path: `${root}/gateway/burst`, data: '60' },
      { op: 'create', path: `${root}/gateway/new`, data: '1' },
    ]);
    const version = results[0]?.op === 'set' ? String(results[0].stat.mzxid) : '';
    await until(() => limit.get() === 50);
    expect(told).toEqual(['gateway.burst=60 gateway.limit=50 gateway.new=1']);
    expect(config.explain('gateway.limit').winner?.origin).toBe(`zk:${root}/gateway/limit@${version}`);
    expect(config.health().layers[0]).toMatchObject({ name: 'zookeeper', state: 'live', version, keys: 3 });
    expect(config.health().layers[0]?.lagMs).toBeLessThan(5_000);
  });

  test('behind a chroot the origin tells the whole path', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/app/config/a`, '1');
    const reader = follow(zookeeper({ connect: `${server().url}${root}/app`, root: '/config' }));
    await until(() => reader.entries.get('a') === '1');
    expect(reader.last().locate?.('a')).toMatch(new RegExp(`^zk:${root}/app/config/a@\\d+$`));
    await reader.stop();
  });

  test('a node with children and no data is a folder, one with data is a property as well', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/a/b`, '1');
    await put(zk, `${root}/c`, 'own');
    await put(zk, `${root}/c/d`, '2');
    await put(zk, `${root}/empty`, '');
    const reader = follow(zookeeper({ connect: server().url, root }));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ 'a.b': '1', c: 'own', 'c.d': '2', empty: '' });
    await put(zk, `${root}/empty/child`, '3');
    await until(() => reader.entries.has('empty.child'));
    expect(reader.entries.has('empty')).toBe(false);
    await zk.delete(`${root}/empty/child`);
    await until(() => !reader.entries.has('empty.child'));
    // A folder that was emptied is no property without a text.
    expect(plain(reader.entries)).toEqual({ 'a.b': '1', c: 'own', 'c.d': '2' });
    await reader.stop();
  });

  test('two nodes with one key are refused, naming both, and it heals when one is gone', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/a/b`, '1');
    const reader = follow(zookeeper({ connect: server().url, root }));
    await until(() => reader.entries.get('a.b') === '1');
    await put(zk, `${root}/a.b`, '2');
    await until(() => reader.failures.length > 0);
    expect(reader.failures[0]?.message).toBe(`zookeeper: expected one node for the key "a.b", found "${root}/a/b" and "${root}/a.b": delete one of them`);
    await zk.delete(`${root}/a/b`);
    await until(() => reader.entries.get('a.b') === '2');
    await reader.stop();
  });

  test('bytes that are no UTF-8 are refused, naming the node and not the value; other changes wait until it is mended', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/good`, '1');
    const told: string[] = [];
    await using config = createConfig({ layers: [zookeeper({ connect: server().url, root })], onError: (error) => void told.push(error.message) });
    await config.ready();
    await put(zk, `${root}/bad`, Buffer.from([0x73, 0x33, 0xff]));
    await until(() => told.length > 0);
    expect(told).toEqual([`zookeeper: node "${root}/bad": expected UTF-8, found 3 bytes that are none: write it as text, or move it out of the root`]);
    await put(zk, `${root}/good`, '2');
    expect([config.get('good'), config.health().layers[0]?.state]).toEqual(['1', 'stale']);
    await put(zk, `${root}/bad`, '3');
    await until(() => config.get('bad') === '3');
    expect([config.get('good'), config.health().layers[0]?.state, told.length]).toEqual(['2', 'live', 1]);
  });

  test('gzip is read where it stands, and refused where it is not whole', async () => {
    const zk = open();
    const root = freshRoot();
    await put(zk, `${root}/packed`, gzipSync('x'.repeat(5_000)));
    await put(zk, `${root}/plain`, 'y');
    const source = zookeeper({ connect: server().url, root, gzip: true });
    const reader = follow(source);
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toEqual({ packed: 'x'.repeat(5_000), plain: 'y' });
    await put(zk, `${root}/packed`, gzipSync('z').subarray(0, 12));
    await until(() => reader.failures.length > 0);
    expect(reader.failures[0]?.message).toContain(`node "${root}/packed": expected gzip that is whole`);
    await source.set({ packed: 'w'.repeat(5_000) }, why);
    await until(() => reader.entries.get('packed') === 'w'.repeat(5_000));
    expect((await zk.getData(`${root}/packed`)).data.length).toBeLessThan(200);
    await reader.stop();
  });

  test('a document in YAML is one reading, with lines; a broken one tells its place', async () => {
    const zk = open();
    const root = `${freshRoot()}.yaml`;
    await put(zk, root, 'gateway:\n  limit: 100\n  hosts: [a, b]\n');
    const reader = follow(zookeeper({ connect: server().url, root, layout: 'document' }));
    await until(() => reader.readings.length === 1);
    expect(plain(reader.entries)).toMatchObject({ 'gateway.limit': '100', 'gateway.hosts': 'a,b' });
    const { mzxid } = await zk.setData(root, 'gateway:\n  limit: 50\n  hosts: [a, b]\n');
    await until(() => reader.entries.get('gateway.limit') === '50');
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['gateway.limit', '50']]), remove: new Set(), version: String(mzxid) });
    expect(reader.last().locate?.('gateway.limit')).toBe(`zk:${root}@${mzxid}:2`);
    await zk.setData(root, 'gateway:\n  limit: [\n');
    await until(() => reader.failures.length > 0);
    expect(reader.failures[0]).toMatchObject({ code: 'CALUMMA_FORMAT' });
    expect(reader.failures[0]?.message).toContain(`zk:${root}@`);
    await zk.setData(root, 'gateway:\n  limit: 60\n');
    await until(() => reader.entries.get('gateway.limit') === '60');
    expect(reader.entries.has('gateway.hosts')).toBe(false);
    await reader.stop();
  });

  test('a root that is not there is an empty layer, and is followed when it comes, goes and comes again', async () => {
    const zk = open();
    const root = freshRoot();
    const reader = follow(zookeeper({ connect: server().url, root }));
    await until(() => reader.readings.length === 1);
    expect([reader.entries.size, reader.last().version]).toEqual([0, '0']);
    for (const value of ['1', '2']) {
      await put(zk, `${root}/a`, value);
      await until(() => reader.entries.get('a') === value);
      await zk.delete(`${root}/a`);
      await zk.delete(root);
      await until(() => !reader.entries.has('a'));
    }
    await reader.stop();
  });

  test('a client that is handed in is used and not closed', async () => {
    const zk = open();
    const root = freshRoot();
    const source = zookeeper({ client: zk, root, name: 'mine' });
    const { version } = await source.set({ a: '1' }, why);
    const reader = follow(source);
    await until(() => reader.entries.get('a') === '1');
    expect(reader.last().version).toBe(version);
    await reader.stop();
    expect(zk.closed).toBe(false);
    expect(await zk.exists(root)).toBeDefined();
  });

  test('while no server answers the layer goes stale by itself, keeps its values, and tells real differences afterwards', async () => {
    const zk = open();
    const root = freshRoot();
    for (const key of ['a', 'b', 'c']) await put(zk, `${root}/${key}`, '1');
    const proxy = await openProxy(server().port);
    await using config = createConfig({ layers: [zookeeper({ connect: `127.0.0.1:${proxy.port}`, root, sessionTimeout: 1_500 })], onError: () => undefined });
    await config.ready();
    const told: string[] = [];
    config.on('change', ({ changes }) => void told.push(...changes.map(({ key, before, after }) => `${key} ${before ?? '-'} ${after ?? '-'}`)));
    const state = (): string | undefined => config.health().layers[0]?.state;
    expect(state()).toBe('live');
    for (const fault of ['blackhole', 'refuse'] as const) {
      const from = performance.now();
      await proxy[fault]();
      await until(() => state() === 'stale');
      expect(performance.now() - from).toBeLessThan(5_000);
      expect(config.get('a')).toBeDefined();
      await put(zk, `${root}/a`, fault);
      await zk.delete(`${root}/b`).catch(() => undefined);
      await put(zk, `${root}/c`, '1');
      await proxy.heal();
      await until(() => state() === 'live' && config.get('a') === fault);
    }
    expect(told).toEqual(['a 1 blackhole', 'b 1 -', 'a blackhole refuse']);
    await proxy.close();
  });

  test('while it is live its age stays small', async () => {
    const root = freshRoot();
    await using config = createConfig({ layers: [zookeeper({ connect: server().url, root, sessionTimeout: 1_500 })] });
    await config.ready();
    const first = config.health().layers[0]?.lastSuccess?.getTime() ?? 0;
    await until(() => (config.health().layers[0]?.lastSuccess?.getTime() ?? 0) > first + 400);
    expect(config.health().layers[0]).toMatchObject({ state: 'live', overdue: false });
  });

  test('wrong options are refused, each by its name, and no secret is shown', () => {
    const right = { connect: '127.0.0.1:1', root: '/a' };
    const cases: [object, string][] = [
      [{ root: '/a' }, 'zookeeper({ connect }): expected servers, such as "zk1:2181,zk2:2181", or a list of them, found undefined'],
      [{ ...right, connect: 'a:b:c' }, 'zookeeper(options): '],
      [{ ...right, root: 'a' }, 'zookeeper({ root }): expected the path of a node, such as "/config/gateway", found "a"'],
      [{ ...right, root: '/a/' }, 'zookeeper({ root })'],
      [{ ...right, layout: 'table' }, 'zookeeper({ layout }): expected "node-per-key" or "document", found "table"'],
      [{ ...right, separator: ':' }, 'zookeeper({ separator }): expected "." or "/", found ":"'],
      [{ ...right, gzip: 'yes' }, 'zookeeper({ gzip }): expected true or false, found a string'],
      [{ ...right, heartbeat: 1 }, 'zookeeper({ heartbeat }): expected true or false, found a number'],
      [{ ...right, sessionTimeout: 'soon' }, 'zookeeper({ sessionTimeout }): expected ms or a duration such as "5s", found "soon"'],
      [{ ...right, reconcile: 0 }, 'zookeeper({ reconcile })'],
      [{ ...right, historyLength: 0 }, 'zookeeper({ historyLength }): expected a whole number above 0, found 0'],
      [{ ...right, history: '/a/history' }, 'zookeeper({ history }): expected a node outside of the root "/a" and not above it, found "/a/history"'],
      [{ ...right, root: '/a/b', history: '/a' }, 'zookeeper({ history }): expected a node outside of the root "/a/b" and not above it, found "/a"'],
      [{ ...right, root: '/a\u0001' }, 'zookeeper({ root }): expected the path of a node, such as "/config/gateway", found "/a\\u0001": ZooKeeper allows no character U+0001'],
      [{ ...right, reconcile: '30d' }, 'zookeeper({ reconcile }): expected at most 21 days, found "30d"'],
      [{ ...right, connect: ['a', 5] }, 'zookeeper({ connect })'],
      [{ ...right, connect: ['a:1/x', 'b:1/x'] }, 'zookeeper(options): connect: after the servers: expected one chroot'],
      [{ ...right, connect: 'zk://ann:geheim@a' }, 'zookeeper(options): connect: expected servers'],
      [{ ...right, auth: null }, 'zookeeper(options): expected auth with a scheme'],
      [{ ...right, tls: { cert: 'none', key: 'geheim' } }, 'zookeeper(options): expected tls with keys and certificates that Node can read'],
      [{ ...right, auth: { scheme: '', auth: 'ann:geheim' } }, 'zookeeper(options): expected auth with a scheme'],
      [{ ...right, acl: [] }, 'zookeeper(options): expected an ACL with at least one entry, found none'],
      [{ ...right, acl: [{ scheme: 'world', id: 'anyone', permissions: 'some' }] }, 'zookeeper(options): expected'],
      [{ ...right, acl: creatorAcl }, 'zookeeper({ acl }): expected auth beside rights for the creator, found none'],
      [{ ...right, tls: 'yes' }, 'zookeeper(options): expected tls'],
      [{ ...right, client: {} }, 'zookeeper(options): expected either client or connect, found both'],
      [{ root: '/a', client: {} }, 'zookeeper({ client }): expected a ZooKeeperClient, found an object'],
      [{ ...right, nodes: 1 }, 'zookeeper(options): expected connect, client, root'],
    ];
    for (const [options, message] of cases) {
      const { code, message: found = '' } = thrownBy(() => zookeeper(options as never));
      expect([code, found.slice(0, message.length)]).toEqual(['CALUMMA_OPTION', message]);
      expect(found).not.toContain('geheim');
    }
    expect(thrownBy(() => zookeeper({ ...right, layout: 'document', format: 'xml' })).code).toBe('CALUMMA_UNKNOWN_FORMAT');
  });
});
