import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptedEncodings } from '../../../src/sources/url/body.js';
import { url, type UrlOptions } from '../../../src/sources/url/url.js';
import { openProxy } from '../../harness/proxy.js';
import { until } from '../following.js';
import { type Page, rawServer, serve, webServer, type WebServer } from './server.js';
import { allWords, watched } from './watched.js';

const every = 20;
const good = serve(() => ({ body: 'a=1\nb=1\n', etag: '"1"' }));
const better = serve(() => ({ body: 'a=2\nb=1\n', etag: '"2"' }));

type Answer = WebServer['answer'];

function sends(status: number, headers: Record<string, string | number>, body: string | Buffer = ''): Answer {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

/** Sends headers that promise more than comes, then `end`s in its own way. */
function breaksOff(headers: Record<string, string | number>, body: string | Buffer, end: (response: ServerResponse) => unknown): Answer {
  return (_request, response) => {
    response.writeHead(200, headers);
    response.write(body, () => end(response));
  };
}

const html = '<!DOCTYPE html>\n<html><body>Please log in</body></html>';

interface Case {
  readonly what: string;
  readonly answer: Answer;
  readonly problem: string;
  readonly code?: string;
  readonly options?: UrlOptions;
}

const cut = 'expected an answer, found that the connection was cut before its end';
const damaged = 'expected a compressed body, found one that breaks off or is damaged';
const page = (found: string) => `expected a configuration, found ${found} with status 200: an error page or a login, perhaps; if it is right, name the format with "format"`;

const cases: readonly Case[] = [
  { what: 'status 500', answer: sends(500, {}), problem: 'expected status 200, found 500' },
  { what: 'status 503 with a page', answer: sends(503, { 'content-type': 'text/html' }, html), problem: 'expected status 200, found 503' },
  { what: 'status 429', answer: sends(429, { 'retry-after': '0' }), problem: 'expected status 200, found 429' },
  { what: 'status 204', answer: sends(204, {}), problem: 'expected status 200, found 204' },
  { what: 'status 206', answer: sends(206, { 'content-range': 'bytes 0-2/9' }, 'a=3'), problem: 'expected status 200, found 206' },
  { what: 'status 404', answer: sends(404, {}), problem: 'expected status 200, found 404: check the address ("optional: true" if nothing need be there)' },
  { what: 'an HTML page', answer: sends(200, { 'content-type': 'text/html; charset=utf-8' }, html), problem: page('text/html') },
  { what: 'an HTML page as text', answer: sends(200, { 'content-type': 'text/plain' }, `\ufeff\n ${html}`), problem: page('an HTML page') },
  { what: 'an HTML page where the format is named', answer: sends(200, { 'content-type': 'text/html' }, html), problem: page('an HTML page'), options: { format: 'properties' } },
  { what: 'an XML document', answer: sends(200, { 'content-type': 'application/xml' }, '<a/>'), problem: page('application/xml') },
  { what: 'half a body, then a reset', answer: breaksOff({ 'content-length': 20 }, 'a=3\n', (response) => response.socket?.resetAndDestroy()), problem: cut },
  { what: 'half a body, then an end', answer: breaksOff({ 'content-length': 20 }, 'a=3\n', (response) => response.socket?.end()), problem: cut },
  { what: 'half a chunked body, then an end', answer: breaksOff({}, 'a=3\n', (response) => response.socket?.end()), problem: cut },
  { what: 'half a compressed body', answer: sends(200, { 'content-encoding': 'gzip' }, gzipSync('a=3\n'.repeat(1_000)).subarray(0, 25)), problem: damaged },
  { what: 'a damaged compressed body', answer: sends(200, { 'content-encoding': 'br' }, 'no brotli at all'), problem: damaged },
  { what: 'an encoding nobody asked for', answer: sends(200, { 'content-encoding': 'compress' }, 'a=3'), problem: `expected a body that is plain or compressed as ${acceptedEncodings}, found another Content-Encoding` },
  { what: 'no headers at all', answer: () => undefined, problem: 'expected an answer within 300 ms, found none', options: { timeout: 300 } },
  { what: 'headers, then nothing', answer: (_request, response) => response.writeHead(200, { 'content-length': 4 }).flushHeaders(), problem: 'expected the whole answer within 300 ms, found only a part of it', options: { timeout: 300 } },
  { what: 'a slow drip', answer: drip, problem: 'expected the whole answer within 300 ms, found only a part of it', options: { timeout: 300 } },
  { what: 'more bytes than allowed', answer: sends(200, {}, 'a=3\n'.repeat(1_000)), problem: 'expected at most 100 bytes, found more ("maxBytes" moves the limit)', code: 'CALUMMA_TOO_LARGE', options: { maxBytes: 100 } },
  { what: 'a reset before any answer', answer: (request) => request.socket.resetAndDestroy(), problem: cut },
  { what: 'an end before any answer', answer: (request) => request.socket.end(), problem: cut },
  { what: '304 of its own accord', answer: (request, response) => sends(request.headers['if-none-match'] === undefined ? 304 : 200, {}, '')(request, response), problem: 'expected status 200, found 304, though nothing was said to be known', options: { every: '1h' } },
  { what: 'too many headers', answer: sends(200, { 'x-much': 'x'.repeat(20_000) }, 'a=3'), problem: 'expected an answer, found headers of more than 16 kB' },
];

function drip(_request: unknown, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 1_000 });
  const timer = setInterval(() => response.write('#'), 20);
  response.on('close', () => clearInterval(timer));
}

describe('a server that answers with', () => {
  it.each(cases.filter(({ what }) => !what.startsWith('304')))('$what: the last reading stays, it is told once, and recovers by itself', async ({ answer, problem, code = 'CALUMMA_SOURCE', options }) => {
    const server = await webServer(good);
    const { config, errors, layer, shown } = await watched(url(`${server.origin}/a.properties`, { every, name: 'gateway', ...options }));
    expect(shown()).toEqual({ a: '1', b: '1' });
    server.answer = answer;
    await until(() => layer().state === 'stale');
    const tries = server.asked.length;
    await until(() => server.asked.length > tries + 1);
    expect([shown(), layer().lastError?.message]).toEqual([{ a: '1', b: '1' }, `gateway: ${problem} (url:${server.origin}/a.properties)`]);
    expect(errors.map((error) => [error.code, error.message])).toEqual([[code, `gateway: ${problem} (url:${server.origin}/a.properties)`]]);
    server.answer = better;
    await until(() => config.get('a') === '2');
    expect([layer().state, errors.length]).toEqual(['live', 1]);
  });

  it('304 though nothing was known: it is told', async () => {
    const server = await webServer(sends(304, {}));
    const { errors } = await watched(url(`${server.origin}/a.properties`));
    expect(errors[0]!.message).toContain('expected status 200, found 304, though nothing was said to be known');
  });

  it('a text that does not parse: the line is told, once, and nothing of the text', async () => {
    const content: Page = { body: 'a: 1\n' };
    const server = await webServer(serve(() => content));
    const { config, errors, layer } = await watched(url(`${server.origin}/a.yaml?key=hidden`, { every }));
    content.body = 'a: 1\npassword: "s3cret\n';
    await until(() => layer().state === 'stale');
    const tries = server.asked.length;
    await until(() => server.asked.length > tries + 3);
    expect([errors.map(({ code }) => code), config.get('a')]).toEqual([['CALUMMA_FORMAT'], '1']);
    expect(errors[0]!.message).toContain(`(url:${server.origin}/a.yaml?key=***:`);
    expect(allWords(errors[0])).not.toMatch(/s3cret|hidden/);
    content.body = 'a: 2\n';
    await until(() => config.get('a') === '2');
    expect(layer().state).toBe('live');
  });

  it('something that is no HTTP', async () => {
    const server = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const { errors } = await watched(url(`${server.origin}/a.properties`, { every, name: 'gateway' }));
    expect(errors[0]!.message).toMatch(/^gateway: expected HTTP, found something else: check protocol and port \(url:/);
    expect(allWords(errors[0])).not.toContain('OpenSSH');
  });

  it('a body that ends with its connection: nobody can tell whether it is whole', async () => {
    let encoded = false;
    const body = gzipSync('a=1\n');
    const server = await rawServer((socket) => {
      socket.write(`HTTP/1.0 200 OK\r\n${encoded ? 'content-encoding: gzip\r\n' : ''}\r\n`);
      socket.end(encoded ? body : 'a=1\nb=');
    });
    const { config, errors } = await watched(url(`${server.origin}/a.properties`, { every }));
    expect(errors[0]!.message).toContain('expected a body with a Content-Length or in chunks, found one of which nobody can tell whether it is whole');
    // Compressed, it ends by itself.
    encoded = true;
    await until(() => config.get('a') === '1');
  });
});

describe('credentials', () => {
  it.each([
    [401, 'expected status 200, found 401: the credentials are missing or wrong (option "headers", or user and password in the address)'],
    [403, 'expected status 200, found 403: the credentials do not allow to read this'],
  ])('that get status %i are tried again slowly, and told without showing them', async (status, problem) => {
    const server = await webServer(sends(status, {}));
    const address = `http://user:hunter2@127.0.0.1:${server.port}/a.properties?token=abc123`;
    const { errors, layer } = await watched(url(address, { every, headers: { 'x-key': 'abc123' } }));
    expect(errors.map(({ message }) => message)).toEqual([`url:127.0.0.1:${server.port}/a.properties: ${problem} (url:${server.origin}/a.properties?token=***)`]);
    expect(allWords(errors[0])).not.toMatch(/hunter2|abc123/);
    await until(() => layer().nextTry !== undefined);
    expect(layer().nextTry!.getTime() - Date.now()).toBeGreaterThan(4_000);
    expect(JSON.stringify(layer())).not.toMatch(/hunter2|abc123/);
  });
});

describe('Retry-After', () => {
  it.each([
    ['seconds', () => '3', 3_000],
    ['a date', () => new Date(Date.now() + 3_000).toUTCString(), 3_000],
    ['longer than the promise of 10 s allows', () => '3600', 5_000],
  ])('of %s is kept to', async (_, wait, atLeast) => {
    const server = await webServer((_request, response) => response.writeHead(503, { 'retry-after': wait() }).end());
    const { layer } = await watched(url(`${server.origin}/a.properties`, { every }));
    await until(() => layer().nextTry !== undefined);
    const left = layer().nextTry!.getTime() - Date.now();
    expect(left).toBeGreaterThan(atLeast - 1_500);
    expect(left).toBeLessThanOrEqual(5_000);
  });
});

describe('where nothing is', () => {
  it.each([404, 410])('an optional layer is empty on status %i, and live', async (status) => {
    let answer = sends(status, {});
    const server = await webServer((request, response) => answer(request, response));
    const { config, errors, layer, shown } = await watched(url(`${server.origin}/a.properties`, { every, optional: true }));
    await until(() => server.asked.length > 3);
    expect([shown(), layer().state, errors]).toEqual([{}, 'live', []]);
    answer = good;
    await until(() => config.get('a') === '1');
    answer = sends(500, {});
    await until(() => layer().state === 'stale');
    expect(config.get('a')).toBe('1');
    answer = sends(status, {});
    await until(() => !config.has('a'));
    expect(layer().state).toBe('live');
  });
});

describe('bodies without end', () => {
  /** What the process holds at most while `work` runs, beyond what it held before. */
  async function growth(work: () => Promise<void>): Promise<number> {
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = before;
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
    await work();
    clearInterval(timer);
    return Math.max(most, process.memoryUsage().rss) - before;
  }

  it('a bomb of 1 GB goes off only as far as the limit', async () => {
    const bomb = bombOf(1024);
    expect(bomb.length).toBeLessThan(2 * 1024 * 1024);
    const server = await webServer(sends(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }, bomb));
    const grown = await growth(async () => {
      const { errors } = await watched(url(`${server.origin}/a.properties`, { every }));
      expect(errors.map(({ code }) => code)).toEqual(['CALUMMA_TOO_LARGE']);
      const tries = server.asked.length;
      await until(() => server.asked.length > tries + 2);
    });
    expect(grown).toBeLessThan(150 * 1024 * 1024);
  });

  it('a plain body of 1 GB is cut off where the limit is', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024, '#');
    const server = await webServer((_request, response) => {
      response.writeHead(200, { 'content-length': 1024 ** 3 });
      const more = (): void => {
        while (!response.destroyed && sent < 1024 ** 3) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    });
    const grown = await growth(async () => {
      const { errors } = await watched(url(`${server.origin}/a.properties`, { every: '1h' }));
      expect(errors.map(({ code }) => code)).toEqual(['CALUMMA_TOO_LARGE']);
      await until(() => server.open() === 0);
    });
    // What the sockets hold on the way is sent too.
    expect(sent).toBeLessThan(40 * 1024 * 1024);
    expect(grown).toBeLessThan(150 * 1024 * 1024);
  });

  it('empty compressed pieces without end are counted as they are sent', async () => {
    const nothing = Buffer.concat(Array.from({ length: 1_000 }, () => gzipSync('')));
    let sent = 0;
    const server = await webServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const more = (): void => {
        while (!response.destroyed && sent < 1024 ** 3) {
          sent += nothing.length;
          if (!response.write(nothing)) return void response.once('drain', more);
        }
      };
      more();
    });
    const { errors } = await watched(url(`${server.origin}/a.properties`, { every: '1h', maxBytes: '1MiB', timeout: '30s' }));
    expect(errors.map(({ code }) => code)).toEqual(['CALUMMA_TOO_LARGE']);
  });
});

/** So many MiB of zeros, compressed: a gzip file may have several members. */
function bombOf(mib: number): Buffer {
  const member = gzipSync(Buffer.alloc(1024 * 1024), { level: 9 });
  return Buffer.concat(Array.from({ length: mib }, () => member));
}

describe('a network that', () => {
  it('swallows everything is noticed by the deadline, and forgiven when it is back', async () => {
    const server = await webServer(good);
    const proxy = await openProxy(server.port);
    try {
      const { config, errors, layer } = await watched(url(`http://${proxy.host}:${proxy.port}/a.properties`, { every, timeout: 300, name: 'gateway' }));
      proxy.blackhole();
      await until(() => layer().state === 'stale');
      expect(errors.map(({ message }) => message.replace(/ \(url.*/, ''))).toEqual(['gateway: expected an answer within 300 ms, found none']);
      server.answer = better;
      await proxy.heal();
      await until(() => config.get('a') === '2');
    } finally {
      await proxy.close();
    }
  });

  it('cuts the connection in the middle of a body, or resets it, leaves the last reading', async () => {
    const server = await webServer(good);
    const proxy = await openProxy(server.port);
    try {
      const { config, errors, layer } = await watched(url(`http://${proxy.host}:${proxy.port}/a.properties`, { every, name: 'gateway' }));
      server.answer = sends(200, {}, 'a=3\n'.repeat(100_000));
      proxy.cutAfter(200_000);
      await until(() => layer().state === 'stale');
      await proxy.heal();
      server.answer = (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('a=3\n', () => proxy.reset());
      const tries = server.asked.length;
      await until(() => server.asked.length > tries + 2);
      expect([config.get('a'), errors.map(({ message }) => message.replace(/ \(url.*/, ''))]).toEqual(['1', [`gateway: ${cut}`]]);
      server.answer = better;
      await until(() => config.get('a') === '2');
    } finally {
      await proxy.close();
    }
  });
});

