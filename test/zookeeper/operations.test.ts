import { expect, test } from 'vitest';

import { creatorAcl, digestId, openAcl, readOnlyAcl, ZooKeeperError } from '../../src/zookeeper/index.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { codeOf, freshNode, jvmOptions, textOf, thrownBy, useClients } from './rig.js';

jvmOptions('-Dznode.container.checkIntervalMs=200');

describeWith('zookeeper', 'operations', () => {
  const zookeeper = useServer(() => startZookeeper({ settings: { extendedTypesEnabled: 'true' } }));
  const open = useClients();
  const client = () => open(zookeeper().url);

  test('a node is created, read, changed and deleted', async () => {
    const zk = client();
    const path = await freshNode(zk, 'one');
    const { data, stat } = await zk.getData(path);
    expect(data.toString()).toBe('one');
    expect(stat).toMatchObject({ version: 0, cversion: 0, aversion: 0, dataLength: 3, numChildren: 0, ephemeralOwner: 0n });
    expect(stat.czxid).toBe(stat.mzxid);
    expect(Math.abs(stat.ctime - Date.now())).toBeLessThan(60_000);
    const after = await zk.setData(path, 'two!');
    expect(after).toMatchObject({ version: 1, dataLength: 4, czxid: stat.czxid });
    expect(after.mzxid).toBeGreaterThan(stat.mzxid);
    expect(zk.lastZxid).toBe(after.mzxid);
    expect(await zk.exists(path)).toEqual(after);
    await zk.delete(path);
    expect(await zk.exists(path)).toBeUndefined();
  });

  test('errors have the code, the path and a sentence', async () => {
    const zk = client();
    const error = await zk.getData('/missing').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ZooKeeperError);
    expect(error).toMatchObject({ name: 'ZooKeeperError', code: 'NONODE', path: '/missing', message: 'getData /missing: no such node (NONODE)' });
    const path = await freshNode(zk);
    await zk.create(`${path}/child`);
    await zk.create(`${path}/short`, '', { mode: 'ephemeral' });
    expect(await codeOf(zk.create(path))).toBe('NODEEXISTS');
    expect(await codeOf(zk.delete(path))).toBe('NOTEMPTY');
    expect(await codeOf(zk.delete(`${path}/child`, { version: 7 }))).toBe('BADVERSION');
    expect(await codeOf(zk.setData(path, '', { version: 7 }))).toBe('BADVERSION');
    expect(await codeOf(zk.create(`${path}/short/x`))).toBe('NOCHILDRENFOREPHEMERALS');
    expect(await codeOf(zk.create(`${path}/no/parent`))).toBe('NONODE');
    expect(await codeOf(zk.getChildren('/missing'))).toBe('NONODE');
    expect(await codeOf(zk.setAcl(path, [{ scheme: 'nonsense', id: '', permissions: 'all' }]))).toBe('INVALIDACL');
  });

  test('a node is there for its session, or numbered, or both', async () => {
    const zk = client();
    const path = await freshNode(zk);
    const { stat } = await zk.create(`${path}/e`, '', { mode: 'ephemeral' });
    expect(stat.ephemeralOwner).toBe(zk.sessionId);
    expect((await zk.create(`${path}/s-`, '', { sequential: true })).path).toBe(`${path}/s-0000000001`);
    expect((await zk.create(`${path}/s-`, '', { sequential: true, mode: 'ephemeral' })).path).toBe(`${path}/s-0000000002`);
    expect((await zk.create(`${path}/`, '', { sequential: true })).path).toBe(`${path}/0000000003`);
    const other = client();
    await zk.close();
    await other.sync(path);
    expect((await other.getChildren(path)).children.sort()).toEqual(['0000000003', 's-0000000001']);
  });

  test('a container goes after its last child, a node with a TTL after its time', async () => {
    const zk = client();
    const path = await freshNode(zk);
    await zk.create(`${path}/container`, '', { mode: 'container' });
    await zk.create(`${path}/container/child`);
    await zk.delete(`${path}/container/child`);
    await zk.create(`${path}/ttl`, '', { ttlMs: 50 });
    expect((await zk.create(`${path}/ttl-`, '', { ttlMs: 50, sequential: true })).path).toMatch(/ttl-\d{10}$/);
    await expect.poll(async () => (await zk.getChildren(path)).children, { timeout: 10_000 }).toEqual([]);
  });

  test('children come with the stat, and all below are counted', async () => {
    const zk = client();
    const path = await freshNode(zk);
    await Promise.all(['a', 'b', 'c'].map((name) => zk.create(`${path}/${name}`)));
    await zk.create(`${path}/a/x`);
    const { children, stat } = await zk.getChildren(path);
    expect(children.sort()).toEqual(['a', 'b', 'c']);
    expect(stat).toMatchObject({ numChildren: 3, cversion: 3 });
    expect(await zk.getAllChildrenNumber(path)).toBe(4);
  });

  test('a transaction does all or nothing, and says which operation is to blame', async () => {
    const zk = client();
    const path = await freshNode(zk, 'old');
    const results = await zk.multi([
      { op: 'check', path, version: 0 },
      { op: 'create', path: `${path}/s-`, data: 'x', sequential: true },
      { op: 'set', path, data: 'new' },
      { op: 'create', path: `${path}/gone` },
      { op: 'delete', path: `${path}/gone`, version: 0 },
      { op: 'create', path: `${path}/container`, mode: 'container' },
      { op: 'create', path: `${path}/ttl`, ttlMs: 100_000 },
    ]);
    expect(results.map(({ op, path: at }) => `${op} ${at.slice(path.length)}`)).toEqual(['check ', 'create /s-0000000000', 'set ', 'create /gone', 'delete /gone', 'create /container', 'create /ttl']);
    expect(results[5]).toMatchObject({ stat: { dataLength: 0 } });
    expect(results[2]).toMatchObject({ stat: { version: 1 } });
    const failure = await zk.multi([{ op: 'set', path, data: 'x' }, { op: 'check', path, version: 99 }, { op: 'delete', path: '/missing' }]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BADVERSION', path, results: [undefined, 'BADVERSION', 'RUNTIMEINCONSISTENCY'] });
    expect((failure as Error).message).toContain('operation 2 of 3');
    expect(await textOf(zk, path)).toBe('new');
  });

  test('many nodes are read at once, each with its own outcome', async () => {
    const zk = client();
    const path = await freshNode(zk, 'root');
    await zk.create(`${path}/a`, 'A');
    const [root, missing, children, a] = await zk.multiRead([{ op: 'get', path }, { op: 'get', path: '/missing' }, { op: 'children', path }, { op: 'get', path: `${path}/a` }]);
    expect(root).toMatchObject({ op: 'get', path, data: Buffer.from('root'), stat: { numChildren: 1 } });
    expect(missing).toMatchObject({ op: 'error', path: '/missing', error: { code: 'NONODE', path: '/missing' } });
    expect(children).toEqual({ op: 'children', path, children: ['a'] });
    expect(a).toMatchObject({ data: Buffer.from('A') });
  });

  test('what many nodes hold is copied, or on request a view of the one reply', async () => {
    const zk = client();
    const path = await freshNode(zk, 'root');
    await zk.create(`${path}/a`, 'A');
    // Other nodes around them, so that neither is most of its reply.
    const reads = [path, `${path}/a`, path, path, path].map((one) => ({ op: 'get', path: one }) as const);
    const read = async (views: boolean): Promise<Buffer[]> => (await zk.multiRead(reads, { views })).flatMap((one) => (one.op === 'get' ? [one.data] : []));
    const [copies, views] = [await read(false), await read(true)];
    expect(views).toEqual(copies);
    expect(views.every(({ buffer }) => buffer === views[0]?.buffer)).toBe(true);
    const before = views.map(String);
    copies[0]?.fill(0);
    expect(views.map(String)).toEqual(before);
    views[1]?.fill(0);
    expect(copies[1]?.toString()).toBe('A');
  });

  test('10,000 nodes are read in a few requests', async () => {
    const zk = client();
    const path = await freshNode(zk);
    const names = Array.from({ length: 10_000 }, (_, index) => `${path}/n${index}`);
    for (let at = 0; at < names.length; at += 500) await zk.multi(names.slice(at, at + 500).map((name) => ({ op: 'create', path: name, data: name })));
    expect((await zk.getChildren(path)).children).toHaveLength(10_000);
    const parts = await Promise.all([0, 2_500, 5_000, 7_500].map((at) => zk.multiRead(names.slice(at, at + 2_500).map((name) => ({ op: 'get', path: name })))));
    expect(parts.flat().map((read) => read.op === 'get' && read.data.toString())).toEqual(names);
  });

  test('any bytes and any name that ZooKeeper allows come back as they were', async () => {
    const zk = client();
    const path = await freshNode(zk);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const name of ['with space', 'a.b', '...', 'Grüße', '漢字', 'x'.repeat(200), '%2F', '__proto__']) {
      await zk.create(`${path}/${name}`, bytes);
      expect(new Uint8Array((await zk.getData(`${path}/${name}`)).data)).toEqual(bytes);
    }
    await zk.create(`${path}/empty`);
    expect((await zk.getData(`${path}/empty`)).data).toHaveLength(0);
  });

  test('a value of 1,000,000 bytes is stored, a larger request than the server takes is refused before it is sent', async () => {
    const zk = client();
    const path = await freshNode(zk);
    const large = Buffer.alloc(1_000_000, 7);
    await zk.setData(path, large);
    expect((await zk.getData(path)).data.equals(large)).toBe(true);
    const states: string[] = [];
    zk.on('state', ({ state }) => states.push(state));
    const error = await zk.setData(path, Buffer.alloc(1_048_576)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BADARGUMENTS', path });
    expect((error as Error).message).toMatch(/at most 1048575 bytes, found 10486\d\d.*jute\.maxbuffer/);
    // The largest that passes is one that the server takes: its own overhead in the frame is what the path and the numbers need.
    const overhead = 8 + 4 + Buffer.byteLength(path) + 4 + 4;
    await zk.setData(path, Buffer.alloc(1_048_575 - overhead));
    expect(states).toEqual([]);
  });

  test('what nobody could mean is refused at once', async () => {
    const zk = client();
    for (const path of ['', 'a', '/a/', '//', '/a//b', '/a/../b', '/.', '/a\0', '/\ud83d\ude00', 5, null, undefined]) {
      expect([path, await codeOf(zk.getData(path as string))]).toEqual([path, 'BADARGUMENTS']);
    }
    expect(await codeOf(zk.create('/a', 5 as never))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.create('/a', '', { mode: 'other' as never }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.create('/a', '', { mode: 'ephemeral', ttlMs: 5 }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.create('/a', '', { mode: 'container', sequential: true }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.create('/a', '', { ttlMs: -1 }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.create('/a', '', { acl: [] }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.create('/a', '', { acl: [{ scheme: 'world', id: 'anyone', permissions: ['fly'] as never }] }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.setData('/a', '', { version: -2 }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.delete('/a', { version: 1.5 }))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.multi([]))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.multiRead([]))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.addWatch('a', () => undefined))).toBe('BADARGUMENTS');
    expect(await codeOf(zk.addAuth('', 'x'))).toBe('BADARGUMENTS');
    expect(() => zk.on('other' as 'error', () => undefined)).toThrow('expected "state" or "error", found "other"');
    expect(zk.state).toBe('suspended');
  });

  test('options and arguments of each call are checked before anything is sent, and what was found is told', async () => {
    const zk = client();
    const listener = () => undefined;
    const calls: [() => unknown, string][] = [
      [() => zk.connect(null as never), 'connect: expected options as an object with signal, background, found null'],
      [() => zk.connect({ signal: 5 as never }), 'connect: expected an AbortSignal, found a value of type number'],
      [() => zk.getData('/a', null as never), 'getData: expected options as an object with watch, signal, background, found null'],
      [() => zk.getData('/a', { watch: 5 as never }), 'getData: expected a function as listener, found a value of type number'],
      [() => zk.exists('/a', { wach: listener } as never), 'exists: expected options with watch, signal, background, found "wach"'],
      [() => zk.create('/a', '', { ephemeral: true } as never), 'create: expected options with mode, sequential, ttlMs, acl, signal, background, found "ephemeral"'],
      [() => zk.create('/a', '', { sequential: 'yes' as never }), 'create: expected sequential to be true or false, found a value of type string'],
      [() => zk.create('/a', 5 as never), 'create: expected the data as a string or a Uint8Array, found a value of type number'],
      [() => zk.create('/a', '', { acl: [null as never] }), 'create: expected each entry of an ACL as an object with scheme, id, permissions, found null'],
      [() => zk.create('/a', '', { acl: [{ scheme: 'world', id: 'anyone', permissions: 'read' as never }] }), 'create: expected permissions as "all" or an array of read, write, create, delete, admin, found "read"'],
      [() => zk.create('/a', '', { acl: [{ permissions: 'all' } as never] }), 'create: expected an ACL with scheme and id as strings, found undefined'],
      [() => zk.ensurePath('/a', { acl: 'open' as never }), 'ensurePath: expected an ACL with at least one entry, found a value of type string'],
      [() => zk.setData('/a', '', { version: '0' as never }), 'setData: expected a version from 0 on, or -1 for any, found a value of type string'],
      [() => zk.multi(undefined as never), 'multi: expected operations, at least one, in an array, found undefined'],
      [() => zk.multi([{ op: 'remove', path: '/a' } as never]), 'multi: expected objects with op as "create", "set", "delete", "check", found "remove"'],
      [() => zk.multi([null as never]), 'multi: expected objects with op as "create", "set", "delete", "check", found null'],
      [() => zk.multi([{ op: 'check', path: '/a' } as never]), 'multi check: expected a version from 0 on, or -1 for any, found undefined'],
      [() => zk.multi([{ op: 'set', path: '/a', data: '', version: '1' as never }]), 'multi set: expected a version from 0 on, or -1 for any, found a value of type string'],
      [() => zk.multi([{ op: 'delete', path: '/a', data: '' } as never]), 'multi delete: expected an operation with op, path, version, found "data"'],
      [() => zk.multiRead([{ op: 'exists', path: '/a' } as never]), 'multiRead: expected objects with op as "get", "children", found "exists"'],
      [() => zk.multiRead(['/a' as never]), 'multiRead: expected objects with op as "get", "children", found a value of type string'],
      [() => zk.addWatch('/a', undefined as never), 'addWatch: expected a function as listener, found undefined'],
      [() => zk.addWatch('/a', listener, { recursive: 1 as never }), 'addWatch: expected recursive to be true or false'],
      [() => zk.removeWatches('/a', { kind: 'all' as never }), 'removeWatches: expected the kind data, children, persistent, recursive, any, found "all"'],
      [() => zk.addAuth('digest', { user: 'a', password: 'geheim' } as never), 'addAuth: expected auth as a string or bytes, such as "user:password", found an object'],
      [() => zk.addAuth('digest', 'x'.repeat(1_100_000)), 'addAuth: expected a request of at most 1048575 bytes'],
      [() => zk.on('state', undefined as never), 'on: expected a function as listener, found undefined'],
      [() => zk.on('state', listener, null as never), 'on: expected options as an object with signal, found null'],
      [() => digestId('a:b', 'geheim'), 'digestId: expected the user as a string without a colon, found one'],
      [() => digestId('a', undefined as never), 'digestId: expected the password as a string, found undefined'],
    ];
    for (const [call, message] of calls) {
      const error = await thrownBy(call);
      expect([(error as ZooKeeperError).code, String(error).slice(0, message.length + 16)]).toEqual(['BADARGUMENTS', `ZooKeeperError: ${message}`]);
      expect(String(error)).not.toContain('geheim');
    }
    expect([zk.state, zk.sessionId]).toEqual(['suspended', 0n]);
  });

  test('ACLs are set, kept and obeyed', async () => {
    const [alice, anyone] = [client(), client()];
    await alice.addAuth('digest', 'alice:secret');
    const path = await freshNode(alice);
    const own = [{ scheme: 'digest', id: digestId('alice', 'secret'), permissions: 'all' as const }];
    await alice.create(`${path}/own`, 'x', { acl: creatorAcl });
    expect((await alice.getAcl(`${path}/own`)).acl).toEqual(own);
    expect(await codeOf(anyone.getData(`${path}/own`))).toBe('NOAUTH');
    const [read] = await anyone.multiRead([{ op: 'get', path: `${path}/own` }]);
    expect(read).toMatchObject({ op: 'error', error: { code: 'NOAUTH' } });
    const { aversion } = await alice.setAcl(`${path}/own`, [...own, ...readOnlyAcl], { version: 0 });
    expect(aversion).toBe(1);
    expect(await textOf(anyone, `${path}/own`)).toBe('x');
    expect(await codeOf(anyone.setData(`${path}/own`, 'y'))).toBe('NOAUTH');
    expect(await codeOf(alice.setAcl(`${path}/own`, openAcl, { version: 0 }))).toBe('BADVERSION');
    expect((await alice.getAcl(`${path}/own`)).acl).toEqual([...own, ...readOnlyAcl]);
    expect((await alice.getAcl(path)).acl).toEqual(openAcl);
    expect(await codeOf(anyone.create('/x', '', { acl: creatorAcl }))).toBe('INVALIDACL');
  });

  test('auth in the options is presented on each connection', async () => {
    const path = await freshNode(client());
    const bob = open(zookeeper().url, { auth: [{ scheme: 'digest', auth: 'bob:pw' }] });
    await bob.create(`${path}/own`, 'x', { acl: creatorAcl });
    const again = open(zookeeper().url, { auth: [{ scheme: 'digest', auth: Buffer.from('bob:pw') }] });
    expect(await textOf(again, `${path}/own`)).toBe('x');
  });

  test('a server that refuses the authentication ends the client for good', async () => {
    const zk = client();
    const errors: unknown[] = [];
    zk.on('error', (error) => errors.push(error));
    const states: string[] = [];
    zk.on('state', ({ state }) => states.push(state));
    await zk.connect();
    const refused = await zk.addAuth('nonsense', 'top-secret').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'AUTHFAILED' });
    expect(String(refused)).not.toContain('top-secret');
    expect(await codeOf(zk.getData('/'))).toBe('AUTHFAILED');
    expect(await codeOf(zk.connect())).toBe('AUTHFAILED');
    expect(states).toEqual(['connected', 'lost']);
    expect(errors).toEqual([refused]);
    const early = open(zookeeper().url, { auth: [{ scheme: 'nonsense', auth: '' }] });
    early.on('error', () => undefined);
    expect(await codeOf(early.getData('/'))).toBe('AUTHFAILED');
  });

  test('a chroot is all the tree there is', async () => {
    const outside = client();
    const root = await freshNode(outside, 'top');
    await outside.create(`${root}/in`, 'inner');
    const inside = open(`${zookeeper().url}${root}`);
    const deeper = open(`${zookeeper().url}${root}`, { chroot: '/in' });
    expect(await textOf(inside, '/')).toBe('top');
    expect(await textOf(inside, '/in')).toBe('inner');
    expect(await textOf(deeper, '/')).toBe('inner');
    expect((await inside.create('/s', 'x', { sequential: true })).path).toBe('/s0000000001');
    expect((await inside.getChildren('/')).children.sort()).toEqual(['in', 's0000000001']);
    expect(await inside.multi([{ op: 'create', path: '/m' }, { op: 'set', path: '/', data: 'new' }])).toMatchObject([{ path: '/m' }, { path: '/' }]);
    expect(await inside.multiRead([{ op: 'children', path: '/m' }, { op: 'get', path: '/none' }])).toMatchObject([{ path: '/m' }, { path: '/none', error: { path: '/none' } }]);
    await inside.sync();
    expect(await codeOf(inside.getData('/zookeeper'))).toBe('NONODE');
    expect(await textOf(outside, root)).toBe('new');
    const nowhere = open(`${zookeeper().url}/no/such/root`);
    expect(await codeOf(nowhere.getData('/'))).toBe('NONODE');
    await nowhere.ensurePath('/a');
    expect(await outside.exists('/no/such/root/a')).toBeDefined();
  });

  test('a path is made whole, by several at once', async () => {
    const zk = client();
    const path = await freshNode(zk);
    await Promise.all([1, 2, 3].map(() => zk.ensurePath(`${path}/a/b/c`)));
    expect(await zk.getAllChildrenNumber(path)).toBe(3);
    await zk.ensurePath('/');
  });
});
