import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Memory, type Reading, registerFormat, type Snapshot, type SourceHost } from '../../../src/index.js';
import { url } from '../../../src/sources/url/url.js';
import { follow, hostFor, plain, until } from '../following.js';
import { type Page, serve, webServer } from './server.js';
import { watched } from './watched.js';

const every = 20;

describe('an address', () => {
  it('is read, followed, and says where its keys stand', async () => {
    const page: Page = { body: '# first\na=1\nb=2\n', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { config, changes, layer } = await watched(url(`${server.origin}/app.properties`, { every }));
    expect([config.get('a'), config.get('b'), layer().state]).toEqual(['1', '2', 'live']);
    expect(layer().name).toBe(`url:127.0.0.1:${server.port}/app.properties`);
    Object.assign(page, { body: '# first\na=1\n\nb=3\n', etag: '"2"' });
    await until(() => config.get('b') === '3');
    expect(changes.at(-1)!.changes.map(({ key, before, after, origin }) => [key, before, after, origin])).toEqual([
      ['b', '2', '3', `url:${server.origin}/app.properties:4`],
    ]);
    expect(config.explain('a').winner?.origin).toBe(`url:${server.origin}/app.properties:2`);
  });

  it('that has not changed costs a 304: no event, live, its age back at 0', async () => {
    const page: Page = { body: 'a: 1\n', type: 'application/yaml', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { changes, states, layer, errors } = await watched(url(`${server.origin}/app`, { every }));
    const first = changes.length;
    await until(() => server.asked.length >= 5);
    expect(server.asked.slice(1).every(({ headers }) => headers['if-none-match'] === '"1"')).toBe(true);
    const before = layer().lastSuccess!.getTime();
    await until(() => layer().lastSuccess!.getTime() > before);
    expect([changes.length, states, errors, layer().state]).toEqual([first, ['live'], [], 'live']);
  });

  it('is told by Last-Modified where there is no ETag, and says when it was written', async () => {
    const modified = new Date(Date.now() - 60_000).toUTCString();
    const server = await webServer(serve(() => ({ body: 'a=1', modified })));
    const { layer, changes } = await watched(url(`${server.origin}/a.properties`, { every }));
    await until(() => server.asked.length >= 3);
    expect(server.last().headers['if-modified-since']).toBe(modified);
    expect(changes[0]!.causes[0]!.writtenAt).toEqual(new Date(modified));
    expect(layer().version).toContain(` modified ${new Date(modified).toISOString()}`);
  });

  it('does not take a Last-Modified of this second for a validator: it may be written again within it', async () => {
    let body = 'a=1';
    // A server whose clock stands: everything happens within one second.
    const now = new Date().toUTCString();
    const server = await webServer((request, response) => {
      if (request.headers['if-modified-since'] === now) return void response.writeHead(304).end();
      response.writeHead(200, { date: now, 'last-modified': now, 'content-length': body.length }).end(body);
    });
    const { config } = await watched(url(`${server.origin}/a.properties`, { every }));
    body = 'a=2';
    await until(() => config.get('a') === '2');
  });

  it.each([
    ['of the future', () => new Date(Date.now() + 3_600_000).toUTCString()],
    ['of 1970', () => new Date(0).toUTCString()],
    ['that is no date', () => 'yesterday'],
  ])('does not believe a Last-Modified %s', async (_, modified) => {
    const server = await webServer(serve(() => ({ body: 'a=1', modified: modified() })));
    const { changes } = await watched(url(`${server.origin}/a.properties`, { every }));
    expect(changes[0]!.causes[0]).not.toHaveProperty('writtenAt');
  });

  it('without validators is compared by its content, and not parsed again', async () => {
    let parsed = 0;
    registerFormat({ name: 'counting', extensions: ['.counting'], parse: (text) => (parsed++, { a: text }) });
    const page: Page = { body: '1' };
    const server = await webServer(serve(() => page));
    const { config, layer, changes } = await watched(url(`${server.origin}/a.counting`, { every }));
    await until(() => server.asked.length >= 4);
    expect([parsed, changes.length, layer().state]).toEqual([1, 1, 'live']);
    expect(layer().version).toMatch(/^sha256:[0-9a-f]{64}:counting from [0-9a-f]{10}$/);
    page.body = '2';
    await until(() => config.get('a') === '2');
    expect(parsed).toBe(2);
  });

  it('whose ETag changes while the content stays is silent, and asked with the newest', async () => {
    let count = 0;
    const server = await webServer(serve(() => ({ body: 'a=1', etag: `"${count++}"` })));
    const { changes } = await watched(url(`${server.origin}/a.properties`, { every }));
    await until(() => server.asked.length >= 4);
    expect(changes).toHaveLength(1);
    expect(server.asked.slice(1, 4).map(({ headers }) => headers['if-none-match'])).toEqual(['"0"', '"1"', '"2"']);
  });

  it('gives small changes of .properties as patches', async () => {
    const page: Page = { body: 'a=1\nb=1\n' };
    const server = await webServer(serve(() => page));
    const alone: Reading[] = [];
    const abort = new AbortController();
    const done = (async () => {
      for await (const reading of url(`${server.origin}/a.properties`, { every }).readings(abort.signal)) alone.push(reading);
    })();
    await until(() => alone.length === 1);
    page.body = 'a=1\nb=2\nc=3\n';
    await until(() => alone.length === 2);
    page.body = 'b=2\nc=3\n';
    await until(() => alone.length === 3);
    abort.abort();
    await done;
    expect(alone.map((reading) => (reading.kind === 'full' ? plain(reading.entries) : [plain(reading.set), [...reading.remove]]))).toEqual([
      { a: '1', b: '1' },
      [{ b: '2', c: '3' }, []],
      [{}, ['a']],
    ]);
  });
});

describe('the format', () => {
  it.each([
    ['application/json; charset=utf-8', '/app', '{"a": 1}'],
    ['application/vnd.example+json', '/app.yaml', '{"a": 1}'],
    ['application/yaml', '/app.properties', 'a: 1'],
    ['text/plain', '/app.yaml', 'a: 1'],
    ['application/octet-stream', '/app.properties', 'a = 1'],
    ['binary/octet-stream', '/APP.TOML', 'a = 1'],
    ['', '/app.env?version=3', 'a=1'],
  ])('of %j at %s is found', async (type, path, body) => {
    const server = await webServer(serve(() => ({ body, type })));
    expect((await watched(url(server.origin + path))).shown()).toEqual({ a: '1' });
  });

  it('is the one that the option names, whatever the server says', async () => {
    const server = await webServer(serve(() => ({ body: 'a: 1', type: 'text/html' })));
    expect((await watched(url(`${server.origin}/app.json`, { format: 'yaml' }))).shown()).toEqual({ a: '1' });
  });

  it('is found behind a redirect by the extension that it leads to', async () => {
    const server = await webServer((request, response) => {
      if (request.url === '/latest') response.writeHead(302, { location: '/v7/app.yaml' }).end();
      else response.writeHead(200, { 'content-length': 4 }).end('a: 1');
    });
    expect((await watched(url(`${server.origin}/latest`))).shown()).toEqual({ a: '1' });
  });

  it('that nobody knows is an error that says so', async () => {
    const server = await webServer(serve(() => ({ body: 'a: 1', type: 'application/x-thing' })));
    const { errors } = await watched(url(`${server.origin}/app`, { every }));
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['CALUMMA_UNKNOWN_FORMAT', `url:127.0.0.1:${server.port}/app: expected a media type or an extension of a known format, found the media type "application/x-thing" and another extension: name one with "format" (url:${server.origin}/app)`],
    ]);
  });

  it('reads Latin-1 where it is told to, and refuses bytes that are no UTF-8', async () => {
    const page: Page = { body: Buffer.from('name=M\u00fcller\n', 'latin1') };
    const server = await webServer(serve(() => page));
    expect((await watched(url(`${server.origin}/a.properties`, { encoding: 'latin1' }))).shown()).toEqual({ name: 'Müller' });
    const { errors } = await watched(url(`${server.origin}/a.properties`, { every }));
    expect(errors.map(({ message }) => message)).toEqual([
      `properties: a byte that is not UTF-8 (encoding: 'latin1' reads such files) (url:${server.origin}/a.properties:1:7)`,
    ]);
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', (text: string) => gzipSync(text)],
    ['x-gzip', (text: string) => gzipSync(text)],
    ['br', (text: string) => brotliCompressSync(text)],
    ['GZIP', (text: string) => gzipSync(text)],
    ['identity', (text: string) => Buffer.from(text)],
  ])('in %s is read', async (encoding, compress) => {
    const server = await webServer(serve(() => ({ body: compress('a=1\n'), headers: { 'content-encoding': encoding } })));
    expect((await watched(url(`${server.origin}/a.properties`))).shown()).toEqual({ a: '1' });
    expect(server.last().headers['accept-encoding']).toMatch(/^gzip, br(, zstd)?$/);
  });
});

describe('what the layer refused', () => {
  const limitIsSane = (candidate: Snapshot): void => {
    if (Number(candidate.get('limit')) > 100) throw new RangeError('limit must be below 100');
  };

  it('is asked for again, with the ETag of what is held, and taken once the guard allows it', async () => {
    let allowed = false;
    const page: Page = { body: 'limit=5\nother=1\n', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { config, errors, layer } = await watched(url(`${server.origin}/a.properties`, { every }), {
      guards: [(candidate) => allowed || limitIsSane(candidate)],
    });
    Object.assign(page, { body: 'limit=500\nother=1\n', etag: '"2"' });
    await until(() => layer().state === 'stale');
    const from = server.asked.length;
    await until(() => server.asked.length > from + 3);
    expect(server.last().headers['if-none-match']).toBe('"1"');
    expect([config.get('limit'), errors.map(({ code }) => code)]).toEqual(['5', ['CALUMMA_GUARD']]);
    allowed = true;
    await until(() => config.get('limit') === '500');
    expect([layer().state, config.get('other'), layer().version?.endsWith('etag "2"')]).toEqual(['live', '1', true]);
    const then = server.asked.length;
    await until(() => server.asked.length > then + 1);
    expect(server.last().headers['if-none-match']).toBe('"2"');
  });

  it('leaves nothing behind when the server goes back to what is held', async () => {
    const page: Page = { body: 'limit=5\nother=1\n', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { config, layer, states } = await watched(url(`${server.origin}/a.properties`, { every }), { guards: [limitIsSane] });
    Object.assign(page, { body: 'limit=500\nother=1\nmore=1\n', etag: '"2"' });
    await until(() => layer().state === 'stale');
    Object.assign(page, { body: 'limit=5\nother=1\n', etag: '"1"' });
    await until(() => layer().state === 'live');
    Object.assign(page, { body: 'limit=6\n', etag: '"3"' });
    await until(() => config.get('limit') === '6');
    expect([Object.fromEntries(config.entries()), states]).toEqual([{ limit: '6' }, ['live', 'stale', 'live']]);
  });

  it('does not stay under what comes after it', async () => {
    const page: Page = { body: 'limit=5\nother=1\n', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { config, layer } = await watched(url(`${server.origin}/a.properties`, { every }), { guards: [limitIsSane] });
    Object.assign(page, { body: 'limit=500\nother=2\nmore=1\n', etag: '"2"' });
    await until(() => layer().state === 'stale');
    Object.assign(page, { body: 'limit=7\nother=1\n', etag: '"3"' });
    await until(() => config.get('limit') === '7');
    expect(Object.fromEntries(config.entries())).toEqual({ limit: '7', other: '1' });
  });

  it('because it would remove most keys is read again, and then believed', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, at) => `key${at}=${at}\n`).join('');
    const page: Page = { body: lines(20), etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { config, errors, layer } = await watched(url(`${server.origin}/a.properties`, { every }));
    Object.assign(page, { body: lines(2), etag: '"2"' });
    await until(() => config.keys().length === 2);
    expect([errors.map(({ code }) => code), layer().state]).toEqual([['CALUMMA_MASS_REMOVAL'], 'live']);
  });
});

describe('what an earlier run has kept', () => {
  /** As the disk cache, in memory. */
  function memoryOf(): Memory & { kept: Parameters<Memory['keep']>[0] | undefined } {
    return {
      kept: undefined,
      recall() {
        return this.kept;
      },
      keep(held) {
        this.kept = { ...held, entries: new Map(held.entries) };
      },
      close: () => Promise.resolve(),
    };
  }

  it('is confirmed with a 304', async () => {
    const page: Page = { body: 'a=1\nb=1\n', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const memory = memoryOf();
    const source = () => ({ ...url(`${server.origin}/a.properties`, { every }), memory });
    const first = await watched(source());
    await first.config.close();
    const asked = server.asked.length;
    const { config, layer, errors } = await watched(source());
    await until(() => layer().state === 'live');
    expect(server.asked[asked]!.headers['if-none-match']).toBe('"1"');
    expect([config.get('a'), errors]).toEqual(['1', []]);
    Object.assign(page, { body: 'a=2\n', etag: '"2"' });
    await until(() => config.get('a') === '2');
    expect(config.has('b')).toBe(false);
  });

  it('does not count for another address, nor for another way of reading it', async () => {
    const server = await webServer((request, response) => serve(() => ({ body: `a: ${request.url}`, etag: '"1"' }))(request, response));
    const memory = memoryOf();
    const first = await watched({ ...url(`${server.origin}/a.yaml`, { every }), memory });
    await first.config.close();
    const other = await watched({ ...url(`${server.origin}/b.yaml`, { every }), memory });
    await until(() => other.layer().state === 'live');
    expect(other.shown()).toEqual({ a: '/b.yaml' });
    await other.config.close();
    const asProperties = await watched({ ...url(`${server.origin}/b.yaml?as=properties`, { every, format: 'properties' }), memory });
    await until(() => asProperties.layer().state === 'live');
    expect(asProperties.shown()).toEqual({ a: '/b.yaml?as=properties' });
  });

  it('by another source is no reason to ask with it', async () => {
    const server = await webServer(serve(() => ({ body: 'a=1', etag: '"1"' })));
    for (const version of ['', '"1"', 'sha256:00 from 123', `absent from 0123456789 modified never etag "1"`]) {
      const told = hostFor();
      const host: SourceHost = { ...told.host, version };
      const reader = follow(url(`${server.origin}/a.properties`, { every }), { ...told, host });
      await until(() => reader.readings.length > 0);
      await reader.stop();
      expect(server.last().headers).not.toHaveProperty('if-none-match');
    }
  });

  it('with another format option is read anew', async () => {
    const server = await webServer(serve(() => ({ body: 'a: 1', etag: '"1"' })));
    const memory = memoryOf();
    const yaml = await watched({ ...url(`${server.origin}/a.yaml`, { every }), memory });
    await yaml.config.close();
    const properties = await watched({ ...url(`${server.origin}/a.yaml`, { every, format: 'dotenv' }), memory });
    await until(() => properties.layer().state === 'live');
    expect(properties.layer().version).toContain(':dotenv ');
  });
});

describe('refresh', () => {
  it('asks at once, with the ETag', async () => {
    const page: Page = { body: 'a=1', etag: '"1"' };
    const server = await webServer(serve(() => page));
    const { config } = await watched(url(`${server.origin}/a.properties`, { every: '1h' }));
    await config.refresh();
    await until(() => server.asked.length === 2);
    expect(server.last().headers['if-none-match']).toBe('"1"');
    Object.assign(page, { body: 'a=2', etag: '"2"' });
    await config.refresh();
    await until(() => config.get('a') === '2');
  });
});
