import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { createConfig, values } from '../../src/index.js';
import { raw, serving, sidecarOf } from './rig.js';

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a line break in the path', 'GET /v1/config/default\n/x HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['two lengths', 'POST /v1/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na', /^HTTP\/1\.1 400 /],
  ['a length and chunks', 'POST /v1/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['percent-encoding that is none', 'GET /v1/config/default/%E0%A4%A HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 [\s\S]*BAD_REQUEST/],
  ['a target that is no path', 'GET x HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a proxy\'s CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: localhost\r\n\r\n', /^$/],
  ['an upgrade', 'GET /v1/watch HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', /^HTTP\/1\.1 200 /],
  ['headers of 20 kB', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ['a path of 20 kB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ['an absolute target', 'GET http://x/v1/config/default/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n1$/],
  ['an unknown method', 'BREW /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a method that is not for this', 'DELETE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1\.1 405 [\s\S]*allow: GET/i],
])('answers %s', async (_, text, expected) => {
  const { url } = await serving({ a: '1' });
  const socket = await raw(url);
  socket.write(text);
  if (expected.source === '^$') await expect.poll(() => socket.destroyed || socket.readableEnded).toBe(true);
  else await expect.poll(() => socket.received()).toMatch(expected);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

it('reads no more of the headers than may be', async () => {
  const { url } = await serving({ a: '1' });
  const socket = await raw(url);
  socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(150)}\r\n`);
  // Node 22 counts them itself.
  await expect.poll(() => socket.received()).toMatch(/^HTTP\/1\.1 431 /);
});

it('refuses a body of 100 MB without reading it', async () => {
  const { url } = await serving({ a: '1' });
  const socket = await raw(url);
  socket.write(`POST /v1/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${100 * 1024 * 1024}\r\n\r\n`);
  await expect.poll(() => socket.received()).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
});

it.each(['POST /v1/refresh', 'GET /v1/config/default', 'GET /healthz', 'PUT /nowhere'])('takes no endless body with %s', async (line) => {
  const { url } = await serving({ a: '1' });
  const socket = await raw(url);
  socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  let sent = 0;
  // Until the other end has closed: writing into it fails, or nothing is taken any more.
  while (!socket.destroyed && socket.writable && sent < 100 * 1024 * 1024) {
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), new Promise((resolve) => socket.once('close', resolve))]);
    sent += piece.length;
  }
  expect(sent).toBeLessThan(20 * 1024 * 1024);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

it('gives up on connections that send their request drop by drop', async () => {
  const { url } = await serving({ a: '1' }, { limits: { headersMs: 300, requestMs: 500 } });
  const [head, body] = [await raw(url), await raw(url)];
  head.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
  body.write('POST /v1/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n');
  const dropping = setInterval(() => [head, body].map((socket) => socket.writable && socket.write(socket === head ? 'X: y\r\n' : 'x')), 50);
  await expect.poll(() => [head, body].every((socket) => socket.destroyed || socket.readableEnded || socket.received().startsWith('HTTP/1.1 408 ')), { timeout: 5_000 }).toBe(true);
  clearInterval(dropping);
});

// In a process of its own: both ends of so many are more than one process may hold open.
const crowd = `
  const { connect } = require('node:net');
  const { once } = require('node:events');
  const [port, count] = process.argv.slice(1).map(Number);
  let open = 0;
  (async () => {
    for (let at = 0; at < count; at += 250) {
      await Promise.all(Array.from({ length: 250 }, async () => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined).on('close', () => --open === 0 && console.log('gone')).resume();
        await once(socket, 'connect');
        open++;
        socket.write('GET /v1/config/default HTTP/1.1\\r\\nHost: x\\r\\n');
      }));
    }
    console.log('here');
  })();
`;

it('serves on while 10,000 connections send half a request and nothing more, and lets go of them', async () => {
  const { url } = await serving({ a: '1' }, { limits: { headersMs: 10_000 } });
  const child = spawn(process.execPath, ['-e', crowd, new URL(url).port, '10000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await expect.poll(() => said, { timeout: 30_000 }).toContain('here');
  expect((await fetch(`${url}/v1/config/default/a`)).status).toBe(200);
  await expect.poll(() => said, { timeout: 30_000 }).toContain('gone');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}, 70_000);

it('takes no more connections than may be, and serves on', async () => {
  const { url } = await serving({ a: '1' }, { limits: { connections: 20 } });
  const sockets = await Promise.all(Array.from({ length: 60 }, () => raw(url)));
  await expect.poll(() => sockets.filter((socket) => socket.destroyed || socket.readableEnded).length).toBe(40);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await fetch(`${url}/healthz`).catch(() => ({ status: 0 }))).status).toBe(200);
});

it('knows no folders: dots, slashes and prototypes in a path are names of keys', async () => {
  const record = { '..': 'up', 'a/b': 'slash', ['__proto__']: 'p', constructor: 'c', 'ä ö': 'umlaut', '': 'empty', '%2F': 'percent', '?': 'question' };
  const config = createConfig({ layers: [values(Object.entries(record))], context: {} });
  const { url } = await sidecarOf({ configs: { default: config } });
  const get = async (path: string): Promise<string> => {
    const socket = await raw(url!);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await expect.poll(() => socket.readableEnded).toBe(true);
    return socket.received().split('\r\n\r\n')[1]!;
  };
  for (const [key, value] of Object.entries(record)) {
    expect({ key, value: Buffer.from(await get(`/v1/config/default/${encodeURIComponent(key)}`)).toString() }).toEqual({ key, value });
  }
  expect(await get('/v1/config/default/a/b')).toBe('slash');
  for (const path of ['/../../etc/passwd', '/v1/../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/v1/config/..%2F..%2Fetc/passwd', '/v1/config/__proto__/a', '/v1/config/constructor']) {
    expect(JSON.parse(await get(path))).toMatchObject({ error: { code: 'NOT_FOUND' } });
  }
  const whole = await get('/v1/config/default');
  expect(Object.entries(JSON.parse(whole, (key, value: unknown) => (key === '__proto__' ? undefined : value)) as object)).not.toEqual([]);
  expect(whole).toContain('"__proto__":"p"');
});
