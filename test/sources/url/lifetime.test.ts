import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { url, type UrlOptions } from '../../../src/sources/url/url.js';
import { follow, until } from '../following.js';
import { type Certificates, makeCertificates } from './certificates.js';
import { forwardProxy } from './forward-proxy.js';
import { rawServer, serve, webServer } from './server.js';

const options: UrlOptions = { every: 20, timeout: '1h', connectTimeout: '1h' };

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

/** Stops a reader in the middle of something: everything has to be closed at once, and nothing thrown. */
async function stopsAtOnce(address: string, more: UrlOptions, there: { reached: () => boolean; open: () => number }): Promise<void> {
  const reader = follow(url(address, { ...options, ...more }));
  await until(there.reached);
  const from = performance.now();
  await reader.stop();
  expect(performance.now() - from).toBeLessThan(200);
  await until(() => there.open() === 0);
  expect([reader.thrown(), reader.failures]).toEqual([undefined, []]);
}

describe('a reader that is stopped closes everything', () => {
  it('between requests', async () => {
    const server = await webServer(serve(() => ({ body: 'a=1', etag: '"1"' })));
    await stopsAtOnce(`${server.origin}/a.properties`, { every: '1h' }, { reached: () => server.asked.length === 1 && server.open() === 0, open: server.open });
  });

  it('while a server hangs', async () => {
    const server = await webServer(() => undefined);
    await stopsAtOnce(`${server.origin}/a.properties`, {}, { reached: () => server.asked.length === 1, open: server.open });
  });

  it('in the middle of a body', async () => {
    const server = await webServer((_request, response) => response.writeHead(200, { 'content-length': 100 }).write('a=1\n'));
    await stopsAtOnce(`${server.origin}/a.properties`, {}, { reached: () => server.asked.length === 1, open: server.open });
  });

  it('in the middle of a TLS handshake', async () => {
    const server = await rawServer(() => undefined);
    await stopsAtOnce(server.origin.replace('http:', 'https:'), {}, { reached: () => server.open() === 1, open: server.open });
  });

  it('while a proxy opens a tunnel, and inside it', async () => {
    const holding = await forwardProxy({ hold: true });
    const server = await rawServer(() => undefined);
    await stopsAtOnce('https://config.example/', { proxy: `http://127.0.0.1:${holding.port}` }, { reached: () => holding.asked.length === 1, open: holding.open });
    const proxy = await forwardProxy();
    await stopsAtOnce(server.origin.replace('http:', 'https:'), { proxy: `http://127.0.0.1:${proxy.port}` }, { reached: () => server.open() === 1, open: () => proxy.open() + server.open() });
  });

  it('while the function for the headers is asked', async () => {
    const server = await webServer(() => undefined);
    let asked: AbortSignal | undefined;
    const headers = (signal: AbortSignal) => {
      asked = signal;
      return new Promise<never>(() => undefined);
    };
    await stopsAtOnce(server.origin, { headers }, { reached: () => asked !== undefined, open: server.open });
    expect(asked?.aborted).toBe(true);
  });

  it('before it has begun', async () => {
    const server = await webServer(() => undefined);
    const abort = new AbortController();
    abort.abort();
    for await (const reading of url(server.origin).readings(abort.signal)) expect(reading).toBe('nothing');
    expect(server.asked).toEqual([]);
  });
});

it('whoever leaves the loop closes everything too', async () => {
  const server = await webServer(serve(() => ({ body: 'a=1' })));
  for await (const reading of url(`${server.origin}/a.properties`, options).readings(new AbortController().signal)) {
    expect(reading.kind).toBe('full');
    break;
  }
  await until(() => server.open() === 0);
});

it('two readers read on their own', async () => {
  const server = await webServer(serve(() => ({ body: 'a=1', etag: '"1"' })));
  const source = url(`${server.origin}/a.properties`, options);
  const readers = [follow(source), follow(source)];
  await until(() => readers.every(({ entries }) => entries.get('a') === '1'));
  await Promise.all(readers.map((reader) => reader.stop()));
});

it('a TLS session is taken up again, so that a poll costs no full handshake', async () => {
  const reused: boolean[] = [];
  const answer = serve(() => ({ body: 'a=1', etag: '"1"' }));
  const server = await webServer((request, response) => {
    reused.push((request.socket as { isSessionReused?: () => boolean }).isSessionReused?.() === true);
    answer(request, response);
  }, certificates.server);
  const reader = follow(url(`${server.origin}/a.properties`, { ...options, tls: { ca: certificates.ca } }));
  await until(() => reused.length >= 3);
  await reader.stop();
  expect(reused.slice(0, 3)).toEqual([false, true, true]);
});

describe('a program that forgot to close', () => {
  it.each([
    ['well', '.properties'],
    ['hanging', '.hang'],
  ])('ends although its server is %s', async (_, extension) => {
    const server = await webServer((request, response) => (request.url!.endsWith('.hang') ? undefined : serve(() => ({ body: 'a=1' }))(request, response)));
    const folder = mkdtempSync(join(tmpdir(), 'calumma-url-'));
    try {
      const bundle = await rolldown({ input: { url: resolve('src/sources/url/url.ts'), config: resolve('src/default/create.ts') }, platform: 'node', external: [/^node:/] });
      await bundle.write({ dir: folder, entryFileNames: '[name].mjs' });
      writeFileSync(join(folder, 'main.mjs'), `
        import { url } from './url.mjs';
        import { createConfig } from './config.mjs';
        const config = createConfig({ layers: [url('${server.origin}/a${extension}', { format: 'properties', timeout: 500 })], onError: () => undefined });
        await config.ready();
        console.log(config.get('a'));
      `);
      const { stdout } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: folder, timeout: 10_000 });
      expect(stdout).toBe(extension === '.hang' ? 'undefined\n' : '1\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
