import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { until } from '../sources/following.js';
import { openProxy, type Proxy } from './proxy.js';

/** A client that remembers what it got and how it ended. */
interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly ended: () => boolean;
  readonly error: () => string | undefined;
}

describe('the proxy', () => {
  let echo: Server;
  let proxy: Proxy;
  const atServer: Socket[] = [];
  const clients: Client[] = [];

  beforeEach(async () => {
    echo = await serve((socket) => socket.pipe(socket));
    proxy = await openProxy(portOf(echo));
  });

  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    for (const socket of atServer.splice(0)) socket.destroy();
    await proxy.close();
    echo.close();
  });

  async function serve(handle: (socket: Socket) => void): Promise<Server> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      atServer.push(socket);
      handle(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  function portOf(server: Server): number {
    return (server.address() as AddressInfo).port;
  }

  async function open(): Promise<Client> {
    const socket = connect(proxy.port, '127.0.0.1');
    let text = '';
    let ended = false;
    let failed: NodeJS.ErrnoException | undefined;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => (ended = true));
    socket.on('error', (error) => (failed = error));
    const client = { socket, text: () => text, ended: () => ended, error: () => failed?.code };
    clients.push(client);
    await once(socket, 'connect');
    return client;
  }

  async function openAndSay(text: string): Promise<Client> {
    const client = await open();
    client.socket.write(text);
    await until(() => client.text() === text);
    return client;
  }

  test('passes everything on and counts it', async () => {
    const client = await openAndSay('hello');
    expect(proxy.bytes).toEqual({ toServer: 5, toClient: 5 });
    expect([proxy.connections, proxy.accepted]).toEqual([1, 1]);
    client.socket.end();
    await until(() => client.ended());
    await until(() => proxy.connections === 0);
    expect(proxy.accepted).toBe(1);
  });

  test('passes a megabyte on unharmed', async () => {
    const text = 'abcdefgh'.repeat(131_072);
    await openAndSay(text);
    expect(proxy.bytes.toClient).toBe(text.length);
  });

  test('passes on that one side has ended while the other still writes', async () => {
    const late = await serve((socket) => socket.resume().on('end', () => socket.end('goodbye')));
    proxy.target(portOf(late));
    const client = await open();
    client.socket.end('hello');
    await until(() => client.ended());
    expect(client.text()).toBe('goodbye');
    late.close();
  });

  test('delays both ways, and keeps the order when the delay ends', async () => {
    const client = await openAndSay('a');
    proxy.delay(100);
    const start = performance.now();
    client.socket.write('b');
    await until(() => client.text() === 'ab');
    expect(performance.now() - start).toBeGreaterThan(195);
    client.socket.write('c');
    await until(() => proxy.bytes.toServer === 3);
    proxy.delay(0);
    client.socket.write('d');
    await until(() => client.text().length === 4);
    expect(client.text()).toBe('abcd');
  });

  test('passes what waits at once when it is healed', async () => {
    const client = await openAndSay('a');
    proxy.delay(60_000);
    client.socket.write('b');
    await until(() => client.socket.bytesWritten === 2 && client.socket.writableLength === 0);
    const other = await open(); // Taken after the write has come in.
    expect(other.text()).toBe('');
    await proxy.heal();
    await until(() => client.text() === 'ab');
  });

  test('cuts in the middle of a reply, once', async () => {
    const client = await openAndSay('hello');
    proxy.cutAfter(7);
    client.socket.write('a longer text');
    await until(() => client.ended());
    expect(client.text()).toBe('helloa longe');
    await until(() => proxy.connections === 0);
    await openAndSay('a longer text');
  });

  test('cuts before the first byte of a reply', async () => {
    proxy.cutAfter(0);
    const client = await open();
    client.socket.write('hello');
    await until(() => client.ended());
    expect(client.text()).toBe('');
  });

  test('cuts the connection on which the bytes end', async () => {
    const one = await openAndSay('1');
    const two = await openAndSay('2');
    proxy.cutAfter(2);
    one.socket.write('1');
    await until(() => one.text() === '11');
    two.socket.write('23');
    await until(() => two.ended());
    expect(two.text()).toBe('22');
    one.socket.write('1');
    await until(() => one.text() === '111');
  });

  test('resets both sides', async () => {
    const client = await openAndSay('hello');
    const errors: string[] = [];
    atServer[0]!.on('error', (error: NodeJS.ErrnoException) => errors.push(String(error.code)));
    proxy.reset();
    await until(() => client.error() !== undefined && errors.length > 0);
    expect([client.error(), errors]).toEqual(['ECONNRESET', ['ECONNRESET']]);
    await openAndSay('a new one is taken');
  });

  test('passes a reset on', async () => {
    const client = await openAndSay('hello');
    atServer[0]!.resetAndDestroy();
    await until(() => client.error() === 'ECONNRESET');
  });

  test('a server that is not there resets its clients', async () => {
    echo.close();
    const client = await open();
    await until(() => client.error() === 'ECONNRESET');
  });

  test('swallows everything without a word, and breaks what lost something when it is healed', async () => {
    const client = await openAndSay('hello');
    const silent = await openAndSay('nothing lost');
    proxy.blackhole();
    client.socket.write('swallowed');
    atServer[1]!.on('data', () => expect.fail('nothing goes through'));
    const late = await open();
    late.socket.write('swallowed');
    await until(() => [client, late].every(({ socket }) => socket.writableLength === 0));
    await open(); // Taken after the writes have come in.
    expect([client, silent, late].map(({ text, ended, error }) => [text(), ended(), error()])).toEqual([
      ['hello', false, undefined], ['nothing lost', false, undefined], ['', false, undefined],
    ]);
    await proxy.heal();
    await until(() => client.error() === 'ECONNRESET' && late.error() === 'ECONNRESET');
    expect(silent.error()).toBeUndefined();
    await openAndSay('hello again');
  });

  test('hides the end of a server', async () => {
    const client = await openAndSay('hello');
    proxy.blackhole();
    const serverSide = atServer[0]!;
    serverSide.end();
    const witness = once(serverSide, 'finish');
    await witness;
    await open();
    expect([client.ended(), client.error()]).toEqual([false, undefined]);
    expect(proxy.connections).toBe(2);
  });

  test('hides the end of a client', async () => {
    const client = await openAndSay('hello');
    let serverSaw = false;
    atServer[0]!.on('end', () => (serverSaw = true)).on('close', () => (serverSaw = true));
    proxy.blackhole();
    client.socket.end();
    await once(client.socket, 'finish');
    await open();
    expect(serverSaw).toBe(false);
    await proxy.heal();
    await until(() => serverSaw);
  });

  test('what waits for its delay falls into the hole too', async () => {
    const client = await openAndSay('a');
    proxy.delay(30);
    client.socket.write('b');
    await until(() => client.socket.writableLength === 0);
    await open();
    proxy.blackhole();
    await proxy.heal();
    await until(() => client.error() === 'ECONNRESET');
    expect(client.text()).toBe('a');
  });

  test('refuses, and takes connections on the same port when it is healed', async () => {
    const client = await openAndSay('hello');
    const { port } = proxy;
    await proxy.refuse();
    await until(() => client.ended());
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.heal();
    expect(proxy.port).toBe(port);
    await openAndSay('hello');
  });

  test('sends new connections elsewhere', async () => {
    const kept = await openAndSay('hello');
    const other = await serve((socket) => socket.end('somewhere else'));
    proxy.target(portOf(other));
    const client = await open();
    await until(() => client.text() === 'somewhere else');
    kept.socket.write(' again');
    await until(() => kept.text() === 'hello again');
    other.close();
  });
});
