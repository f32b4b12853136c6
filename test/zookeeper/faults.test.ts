import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';

import type { JuteWriter } from '../../src/zookeeper/jute.js';
import { opcodes } from '../../src/zookeeper/requests.js';
import { openProxy, type Proxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { freePort } from '../harness/servers/port.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, hasty, statesOf, textOf, useClients } from './rig.js';
import { greeting, reply, startScripted, type Script, type Scripted } from './scripted.js';

const words = (states: readonly { state: string }[]): string[] => states.map(({ state }) => state);

describeWith('zookeeper', 'a connection that breaks', () => {
  const zookeeper = useServer(startZookeeper);
  const open = useClients();
  const proxies: Proxy[] = [];
  const proxied = async () => {
    const proxy = await openProxy(zookeeper().port);
    proxies.push(proxy);
    return proxy;
  };
  afterEach(() => Promise.all(proxies.splice(0).map((proxy) => proxy.close())));

  test('a reply cut at any of its bytes is lost, and the next one is whole', async () => {
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port}`, hasty);
    const path = await freshNode(zk, 'a value of some length');
    const before = proxy.bytes.toClient;
    await zk.getData(path);
    const size = proxy.bytes.toClient - before;
    expect(size).toBeGreaterThan(100);
    for (let cut = 1; cut < size; cut += 1) {
      proxy.cutAfter(cut);
      expect(await codeOf(zk.getData(path))).toBe('CONNECTIONLOSS');
      expect(await textOf(zk, path)).toBe('a value of some length');
    }
  }, 60_000);

  test('a handshake cut at any of its bytes is tried again', async () => {
    const proxy = await proxied();
    const size = 41;
    for (let cut = 1; cut < size; cut += 1) {
      proxy.cutAfter(cut);
      const zk = open(`127.0.0.1:${proxy.port}`, hasty);
      const accepted = proxy.accepted;
      expect(await zk.exists('/')).toBeDefined();
      expect(proxy.accepted - accepted).toBe(2);
    }
  });

  test('a large reply cut in the middle is lost, and read whole afterwards', async () => {
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port}`);
    const large = Buffer.alloc(900_000, 'x');
    const path = await freshNode(zk);
    await zk.setData(path, large);
    for (const cut of [1_000, 65_536, 500_000, 899_999]) {
      proxy.cutAfter(cut);
      expect(await codeOf(zk.getData(path))).toBe('CONNECTIONLOSS');
      expect((await zk.getData(path)).data.equals(large)).toBe(true);
    }
  });

  test('a reset is a suspension, in the same session', async () => {
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port}`);
    await zk.connect();
    const { sessionId } = zk;
    const states = statesOf(zk);
    proxy.reset();
    await until(() => states.length === 2);
    expect(states[0]).toMatchObject({ state: 'suspended', previous: 'connected', reason: { code: 'CONNECTIONLOSS' } });
    expect(states[1]).toMatchObject({ state: 'connected', previous: 'suspended', newSession: false, readOnly: false, reason: undefined });
    expect(zk.sessionId).toBe(sessionId);
    expect(zk.server).toBe(`127.0.0.1:${proxy.port}`);
  });

  test('requests that were under way fail, those that come meanwhile wait or fail as asked', async () => {
    const proxy = await proxied();
    const [waiting, failing] = [open(`127.0.0.1:${proxy.port}`), open(`127.0.0.1:${proxy.port}`, { whileSuspended: 'fail' })];
    expect(await codeOf(failing.exists('/'))).toBe('CONNECTIONLOSS');
    await Promise.all([waiting.connect(), failing.connect()]);
    const states = [waiting, failing].map(statesOf);
    proxy.delay(60_000);
    const under = [waiting, failing].map((zk) => codeOf(zk.setData('/', 'x')));
    await proxy.refuse();
    expect(await Promise.all(under)).toEqual(['CONNECTIONLOSS', 'CONNECTIONLOSS']);
    await until(() => states.every(({ length }) => length === 1));
    expect(await codeOf(failing.getData('/'))).toBe('CONNECTIONLOSS');
    const late = waiting.getData('/');
    const gone = waiting.getData('/', { signal: AbortSignal.timeout(10) });
    await expect(gone).rejects.toMatchObject({ name: 'TimeoutError' });
    await proxy.heal();
    expect((await late).stat.version).toBeGreaterThanOrEqual(0);
    await failing.connect();
    expect(await codeOf(failing.getData('/'))).toBe('OK');
  });

  test('a request that nobody waits for any more leaves the others alone', async () => {
    const zk = open(zookeeper().url);
    const path = await freshNode(zk, 'x');
    const abort = new AbortController();
    const [one, two, three] = [zk.getData(path), zk.setData(path, 'y', { signal: abort.signal }), zk.getData(path)];
    abort.abort(new Error('enough'));
    await expect(two).rejects.toThrow('enough');
    expect((await one).data.toString()).toBe('x');
    expect((await three).data.toString()).toBe('y');
    await expect(zk.getData(path, { signal: abort.signal })).rejects.toThrow('enough');
    await expect(zk.connect({ signal: abort.signal })).rejects.toThrow('enough');
  });

  test('a network that swallows everything is noticed after two thirds of the session', async () => {
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port},${zookeeper().url}`, { sessionTimeoutMs: 1_500, random: () => 0 });
    await zk.connect();
    expect(zk.server).toBe(`127.0.0.1:${proxy.port}`);
    const states = statesOf(zk);
    const from = performance.now();
    proxy.blackhole();
    const lost = codeOf(zk.getData('/'));
    await until(() => states.length >= 2);
    const took = performance.now() - from;
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(1_500);
    expect(await lost).toBe('CONNECTIONLOSS');
    expect(words(states)).toEqual(['suspended', 'connected']);
    expect(states[1]!.newSession).toBe(false);
    expect(zk.server).toBe(zookeeper().url);
  });

  test('a silent client is kept alive by pings', async () => {
    const zk = open(zookeeper().url, { sessionTimeoutMs: 1_000 });
    await zk.connect();
    expect(zk.sessionTimeoutMs).toBe(1_000);
    const states = statesOf(zk);
    const pings = async () => Number(/recved=(\d+)/.exec((await zookeeper().servers[0]!.ask('cons')).split('\n').find((line) => line.includes(zk.sessionId.toString(16))) ?? '')?.[1]);
    const before = await pings();
    await expect.poll(pings, { timeout: 10_000 }).toBeGreaterThan(before + 4);
    expect(states).toEqual([]);
  });

  test('a session that another client ends is followed by a new one, with the watches', async () => {
    const zk = open(zookeeper().url);
    const path = await freshNode(zk);
    await zk.create(`${path}/mine`, '', { mode: 'ephemeral' });
    const events: string[] = [];
    await zk.addWatch(path, ({ type, path: at }) => void events.push(`${type} ${at}`), { recursive: true });
    await zk.getData(path, { watch: ({ type }) => void events.push(`once ${type}`) });
    const before = zk.sessionId;
    const states = statesOf(zk);
    await endSession(zookeeper().port, before, zk.sessionPassword);
    await until(() => states.some(({ newSession }) => newSession));
    expect(words(states).slice(-2)).toEqual(['lost', 'connected']);
    expect(words(states).filter((state) => state === 'lost')).toHaveLength(1);
    expect(states.find(({ state }) => state === 'lost')!.reason).toMatchObject({ code: 'SESSIONEXPIRED' });
    expect(zk.sessionId).not.toBe(before);
    expect(await zk.exists(`${path}/mine`)).toBeUndefined();
    events.splice(0);
    await zk.setData(path, 'x');
    await zk.create(`${path}/again`, '', { mode: 'ephemeral' });
    expect(events).toEqual(['once changed', `changed ${path}`, `created ${path}/again`]);
  });

  test('a session without a server is lost after its time, once, and goes on as another', async () => {
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port}`, { sessionTimeoutMs: 1_000 });
    const path = await freshNode(zk);
    await zk.create(`${path}/mine`, '', { mode: 'ephemeral' });
    const states = statesOf(zk);
    await proxy.refuse();
    await until(() => states.length === 2);
    const other = open(zookeeper().url);
    await expect.poll(() => other.exists(`${path}/mine`), { timeout: 10_000 }).toBeUndefined();
    await proxy.heal();
    await until(() => states.length === 3);
    expect(words(states)).toEqual(['suspended', 'lost', 'connected']);
    expect(states[1]!.reason).toMatchObject({ code: 'SESSIONEXPIRED' });
    expect(states[2]!.newSession).toBe(true);
    expect(await zk.getData(path)).toBeDefined();
  });

  test('wrong servers in the list are passed over', async () => {
    const web = createServer((_, response) => void response.end('hello')).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as { port: number };
    const silent = await proxied();
    silent.blackhole();
    const list = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${port}`, `127.0.0.1:${silent.port}`, 'no-such-host.invalid:2181'];
    let turn = 0;
    // In this order: the good one is the last.
    const zk = open([...list, zookeeper().url].join(), { sessionTimeoutMs: 1_000, random: () => (turn += 1) / 100 });
    expect(await zk.exists('/')).toBeDefined();
    expect(zk.server).toBe(zookeeper().url);
    web.closeAllConnections();
    web.close();
  });

  test('servers are tried in an order of their own by each client', async () => {
    const two = await Promise.all([proxied(), proxied()]);
    const list = two.map(({ port }) => `127.0.0.1:${port}`).join();
    const clients = Array.from({ length: 40 }, () => open(list));
    await Promise.all(clients.map((zk) => zk.connect()));
    const first = clients.filter(({ server }) => server === `127.0.0.1:${two[0].port}`).length;
    expect(first).toBeGreaterThan(3);
    expect(first).toBeLessThan(37);
  });

  test('a read-only server is left as soon as another one has a quorum, and its session with it', async () => {
    const readOnly = await startScripted({ greeting: () => greeting(7n, 6_000, true) });
    let turn = 0;
    const zk = open(`${readOnly.url},${zookeeper().url}`, { readOnly: true, random: () => (turn += 1) / 100 });
    const states = statesOf(zk);
    await zk.connect();
    expect([zk.server, zk.readOnly, zk.sessionId]).toEqual([readOnly.url, true, 7n]);
    await until(() => states.length === 3);
    expect(states.map(({ state, readOnly: old, newSession }) => [state, old, newSession])).toEqual([['connected', true, true], ['suspended', false, false], ['connected', false, true]]);
    expect([zk.server, zk.readOnly]).toEqual([zookeeper().url, false]);
    expect(await zk.exists('/')).toBeDefined();
    await readOnly.close();
  });

  test('closing answers what was sent, refuses what waits, and ends the session', async () => {
    const zk = open(zookeeper().url);
    const path = await freshNode(zk, 'x');
    await zk.create(`${path}/mine`, '', { mode: 'ephemeral' });
    const states = statesOf(zk);
    const reads = Array.from({ length: 100 }, () => textOf(zk, path));
    const closing = zk.close();
    expect(await codeOf(zk.getData(path))).toBe('CLOSED');
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['x']));
    await closing;
    await zk.close();
    expect([zk.state, zk.closed]).toEqual(['lost', true]);
    expect(await codeOf(zk.connect())).toBe('CLOSED');
    expect(await codeOf(zk.addWatch(path, () => undefined))).toBe('CLOSED');
    expect(states).toEqual([]);
    const other = open(zookeeper().url);
    await other.sync();
    expect(await other.exists(`${path}/mine`)).toBeUndefined();
  });

  test('closing while there is no connection, or never was one, is at once', async () => {
    const proxy = await proxied();
    const [never, connecting, cut] = [open(zookeeper().url), open(`127.0.0.1:${proxy.port}`), open(`127.0.0.1:${proxy.port}`)];
    await cut.connect();
    const states = statesOf(cut);
    await proxy.refuse();
    await until(() => states.length === 1);
    const pending = [codeOf(connecting.getData('/')), codeOf(connecting.connect()), codeOf(connecting.addAuth('digest', 'a:b')), codeOf(cut.getData('/'))];
    await Promise.all([never.close(), connecting.close(), cut.close()]);
    expect(await Promise.all(pending)).toEqual(['CLOSED', 'CLOSED', 'CLOSED', 'CLOSED']);
  });

  test('a server that hangs does not keep a client from closing', async () => {
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port}`, { sessionTimeoutMs: 1_200 });
    await zk.connect();
    proxy.blackhole();
    const lost = codeOf(zk.getData('/'));
    const from = performance.now();
    await zk.close();
    expect(performance.now() - from).toBeLessThan(1_200);
    expect(await lost).toBe('CONNECTIONLOSS');
    const other = open(`127.0.0.1:${proxy.port}`);
    const abort = new AbortController();
    const waiting = codeOf(other.connect());
    abort.abort();
    await other.close({ signal: abort.signal });
    expect(await waiting).toBe('CLOSED');
  });

  test('an ensemble that was set up from an older copy gets its clients back', async () => {
    const other = await startZookeeper();
    const proxy = await proxied();
    const zk = open(`127.0.0.1:${proxy.port}`, { sessionTimeoutMs: 1_000, random: () => 0 });
    const path = await freshNode(zk);
    for (let count = 0; count < 50; count += 1) await zk.setData(path, String(count));
    const events: string[] = [];
    await zk.getData(path, { watch: ({ type }) => void events.push(type) });
    const states = statesOf(zk);
    proxy.target(other.port);
    proxy.reset();
    await until(() => words(states).includes('connected'));
    expect(words(states)).toEqual(['suspended', 'lost', 'connected']);
    expect(states[2]!.newSession).toBe(true);
    expect(await zk.exists(path)).toBeUndefined();
    expect(events).toEqual(['deleted']);
    await other.stop();
  }, 60_000);
});

/** Takes a session over by its id and password, and closes it. */
async function endSession(port: number, id: bigint, password: Buffer): Promise<void> {
  const { connect } = await import('node:net');
  const { bareFrame, frameOf } = await import('../../src/zookeeper/requests.js');
  const { writeConnect } = await import('../../src/zookeeper/records.js');
  const socket = connect(port, '127.0.0.1');
  socket.write(bareFrame((writer) => writeConnect(writer, { id, password }, 6_000, 0n, false)));
  socket.write(frameOf(opcodes.closeSession, () => undefined, 0, 1));
  socket.resume();
  await once(socket, 'close');
}

describe('a server that is none', () => {
  const open = useClients();
  const servers: Scripted[] = [];
  const scripted = async (script: Script) => {
    const server = await startScripted(script);
    servers.push(server);
    return server;
  };
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  const stat = (writer: JuteWriter) =>
    void writer.long(1n).long(1n).long(0n).long(0n).int(0).int(0).int(0).long(0n).int(0).int(0).long(1n);

  const garbage: readonly (readonly [string, (xid: number) => Buffer])[] = [
    ['another number', (xid) => reply(xid + 1)],
    ['a number that nobody asked for', () => reply(-8)],
    ['a number of no meaning', () => reply(-77)],
    ['a negative length', () => Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3])],
    ['a length above the limit', () => Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['a frame without a header', () => Buffer.from([0, 0, 0, 2, 1, 2])],
    ['a body that ends too early', (xid) => reply(xid, 0, 1n, (writer) => void writer.int(1))],
    ['a text longer than the reply', (xid) => reply(xid, 0, 1n, (writer) => void writer.int(0x7fff_fff0))],
    ['words of another protocol', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['an event cut short', () => reply(-1, 0, 1n, (writer) => void writer.int(3).int(3))],
  ];

  test.each(garbage)('%s ends the connection, and the next one serves', async (_, bytes) => {
    let answers = 0;
    const server = await scripted({
      answer: ({ xid, opcode }, socket) => {
        if (opcode !== opcodes.exists) return;
        answers += 1;
        socket.write(answers === 1 ? bytes(xid) : reply(xid, 0, 1n, stat));
      },
    });
    const zk = open(server.url, { random: () => 0 });
    const states = statesOf(zk);
    const failure = await zk.exists('/').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CONNECTIONLOSS', path: '/' });
    expect(await zk.exists('/')).toMatchObject({ czxid: 1n });
    expect(words(states)).toEqual(['connected', 'suspended', 'connected']);
    expect(server.accepted).toBe(2);
  });

  test('events of a kind that is not known yet are passed over', async () => {
    const server = await scripted({
      answer: ({ xid }, socket) => {
        for (const type of [-1, 0, 5, 6, 99]) socket.write(reply(-1, 0, -1n, (writer) => void writer.int(type).int(3).string('/')));
        socket.write(reply(xid, 0, 1n, stat));
      },
    });
    const zk = open(server.url);
    expect(await zk.exists('/')).toBeDefined();
    expect(server.accepted).toBe(1);
  });

  test('errors that are not known yet have the name of their range and their number', async () => {
    const server = await scripted({ answer: ({ xid }, socket) => void socket.write(reply(xid, -250)) });
    await expect(open(server.url).getData('/a')).rejects.toMatchObject({ code: 'APIERROR', message: 'getData /a: the request was refused (APIERROR -250)' });
  });

  test('a server that takes and drops its clients at once is no storm', async () => {
    const server = await scripted({
      greeting: (_, socket) => {
        setImmediate(() => socket.destroy());
        return greeting();
      },
    });
    const zk = open(server.url, { random: () => 0.5 });
    const states = statesOf(zk);
    const from = performance.now();
    void zk.connect();
    await until(() => words(states).filter((state) => state === 'connected').length === 4);
    expect(performance.now() - from).toBeGreaterThan(150 + 250 + 450);
  });

  test('a server older than 3.6 knows no lasting watches, and says so', async () => {
    const asked: number[] = [];
    const server = await scripted({
      answer: ({ xid, opcode }, socket) => {
        asked.push(opcode);
        if (opcode === opcodes.addWatch) socket.end(reply(xid, -6));
        else socket.write(reply(xid, 0, 1n, opcode === opcodes.exists ? stat : undefined));
      },
    });
    const zk = open(server.url, { random: () => 0 });
    await zk.exists('/', { watch: () => undefined });
    await expect(zk.addWatch('/', () => undefined, { recursive: true })).rejects.toMatchObject({ code: 'UNIMPLEMENTED', path: '/' });
    await expect.poll(() => server.accepted).toBe(2);
    await zk.exists('/');
    expect(asked).toContain(opcodes.setWatches);
    expect(asked).not.toContain(opcodes.setWatches2);
  });

  test('a server from 3.9 on, which keeps modes apart, is told to forget the one that is replaced', async () => {
    const asked: string[] = [];
    const server = await scripted({
      answer: ({ xid, opcode, body }, socket) => {
        const path = body.string();
        asked.push(`${opcode === opcodes.addWatch ? 'add' : 'remove'} ${path} ${body.int()}`);
        socket.write(reply(xid));
      },
    });
    const zk = open(server.url);
    await zk.connect();
    await zk.addWatch('/a', () => undefined);
    const tree = await zk.addWatch('/a', () => undefined, { recursive: true });
    await tree.remove();
    expect(asked).toEqual(['add /a 0', 'add /a 1', 'remove /a 4', 'add /a 0', 'remove /a 5']);
  });

  test('the zxid of an event is passed on where a server tells it', async () => {
    const server = await scripted({
      answer: ({ xid, opcode }, socket) => {
        socket.write(reply(xid));
        if (opcode === opcodes.addWatch) socket.write(reply(-1, 0, 42n, (writer) => void writer.int(3).int(3).string('/a')));
      },
    });
    const events: unknown[] = [];
    await open(server.url).addWatch('/a', (event) => events.push(event));
    await until(() => events.length === 1);
    expect(events).toEqual([{ type: 'changed', path: '/a', zxid: 42n }]);
  });

  test('a server that asks for SASL ends the client for good', async () => {
    const server = await scripted({ answer: ({ xid }, socket) => void socket.end(reply(xid, -124)) });
    const zk = open(server.url);
    zk.on('error', () => undefined);
    expect(await codeOf(zk.getData('/'))).toBe('SESSIONCLOSEDREQUIRESASLAUTH');
    expect(await codeOf(zk.getData('/'))).toBe('SESSIONCLOSEDREQUIRESASLAUTH');
    expect(zk.state).toBe('lost');
    expect(server.accepted).toBe(1);
  });

  test('a server that says of every session that it has expired is asked with pauses', async () => {
    const server = await scripted({ greeting: () => greeting(0n, 0) });
    const zk = open(server.url, { random: () => 0.5 });
    const from = performance.now();
    void codeOf(zk.connect());
    await expect.poll(() => server.accepted, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    expect(performance.now() - from).toBeGreaterThan(150 + 250);
    expect(server.handshakes.every(({ session }) => session === 0n)).toBe(true);
  });
});
