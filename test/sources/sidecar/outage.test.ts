import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

import { createConfig, memory, render, sidecar, values } from '../../../src/index.js';
import { freePort } from '../../harness/servers/port.js';
import { sidecarOf } from '../../sidecar/rig.js';
import { script, useBundle, type Script } from '../cache/rig.js';
import { until } from '../following.js';
import { watched } from '../url/watched.js';
import { webServer } from '../url/server.js';

const bundle = useBundle({ calumma: 'src/index.ts', sidecar: 'src/entries/sidecar.ts' });

/** A sidecar that can be killed; with each line on its standard input it changes `n`. */
const host = `
  import { createConfig, memory } from './calumma.mjs';
  import { startSidecar } from './sidecar.mjs';
  const [port, n] = process.argv.slice(2);
  const feed = memory({ n, same: 'x' });
  const { url } = await startSidecar({ configs: { default: createConfig({ layers: [feed] }) }, listen: { port: Number(port) } });
  console.log(url);
`;

async function startHost(port: number, n: string): Promise<Script> {
  const running = script(bundle(), host, String(port), n);
  await running.line();
  return running;
}

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-sidecar-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('a sidecar that is killed changes nothing, and its return is noticed within 2 s', async () => {
  const port = await freePort();
  const first = await startHost(port, '1');
  const { config, changes, layer, errors } = await watched(sidecar({ url: `http://127.0.0.1:${port}` }));
  expect(config.get('n')).toBe('1');
  const before = changes.length;
  first.child.kill('SIGKILL');
  await until(() => layer().state === 'stale');
  // Long enough away for the pauses between the tries to have grown.
  await until(() => Date.now() - layer().since.getTime() > 4_000);
  expect([config.get('n'), changes.length - before]).toEqual(['1', 0]);
  const again = await startHost(port, '2');
  const returned = performance.now();
  await until(() => config.get('n') === '2');
  const tookMs = performance.now() - returned;
  process.stdout.write(`a sidecar that came back was noticed after ${Math.round(tookMs)} ms\n`);
  expect(tookMs).toBeLessThan(2_000);
  expect([layer().state, changes.length - before]).toEqual(['live', 1]);
  expect(errors.map(({ message }) => message.replace(/ \(sidecar:.*/, ''))).toEqual([
    'sidecar: expected an answer, found that the connection was cut before its end',
    'sidecar: expected an answer, found that the connection is refused: is the sidecar running? (calumma sidecar)',
  ]);
  again.child.kill('SIGKILL');
}, 30_000);

it('a start without a sidecar goes on from cacheDir, and one that comes with the same content costs no publish', async () => {
  const cacheDir = scratch();
  const port = await freePort();
  const own = createConfig({ layers: [memory({ a: '1' })], context: {} });
  onTestFinished(() => own.close());
  const first = await sidecarOf({ configs: { default: own }, listen: { port } });
  const source = () => sidecar({ url: `http://127.0.0.1:${port}` });
  const run = await watched(source(), { cacheDir });
  await run.config.close();
  await first.close({ drainMs: 0 });

  const { config, layer, changes } = await watched(source(), { cacheDir });
  expect([config.get('a'), layer().state, layer().remembered]).toEqual(['1', 'stale', true]);
  await sidecarOf({ configs: { default: own }, listen: { port } });
  await until(() => layer().state === 'live');
  expect([layer().remembered, changes]).toEqual([false, []]);
});

it('a start without a sidecar and a cache takes what the sidecar has written, else the layers below; what comes later replaces it', async () => {
  const folder = scratch();
  mkdirSync(path.join(folder, 'v1'));
  symlinkSync('v1', path.join(folder, 'current'));
  const entries = new Map([['gateway.limit', '5'], ['gateway.__proto__', 'x'], ['other', 'y']]);
  const port = await freePort();
  const start = () =>
    watched(sidecar(), { layers: [sidecar({ url: `http://127.0.0.1:${port}`, snapshotDir: folder, prefix: 'gateway' }), values({ 'gateway.limit': '1' }, { name: 'defaults' })] });
  const without = await start();
  expect([without.config.get('gateway.limit'), without.errors]).toEqual(['1', [expect.objectContaining({ code: 'CALUMMA_SOURCE' })]]);

  for (const format of ['json', 'properties'] as const) {
    const file = path.join(folder, `v1/default.${format}`);
    writeFileSync(file, render(entries, format));
    const { config, layer } = await start();
    await until(() => layer().state === 'stale');
    expect(Object.fromEntries(config.entries())).toEqual({ 'gateway.limit': '5', 'gateway.__proto__': 'x' });
    expect(config.explain('gateway.limit').winner?.origin).toBe(`file:${path.join(folder, 'current', `default.${format}`)}`);
    rmSync(file);
    await config.close();
  }

  writeFileSync(path.join(folder, 'v1/default.json'), '{"gateway.limit": 5');
  const broken = await start();
  await until(() => broken.errors.some(({ code }) => code === 'CALUMMA_CACHE'));
  const own = createConfig({ layers: [memory({ 'gateway.limit': '7' })], context: {} });
  onTestFinished(() => own.close());
  await sidecarOf({ configs: { default: own }, listen: { port } });
  await until(() => broken.config.get('gateway.limit') === '7' && without.config.get('gateway.limit') === '7');
  expect(broken.errors.filter(({ code }) => code === 'CALUMMA_CACHE')).toHaveLength(1);
});

const set = JSON.stringify({ revision: 'r-1', source: 'live', values: { a: '1' } });

it.each<[string, number, string, string, Record<string, string>?]>([
  ['a page', 200, '<html>log in</html>', 'expected the words of a sidecar, found something else: check the address, and what stands between'],
  ['half of it', 200, set.slice(0, 20), 'expected the words of a sidecar, found something else: check the address, and what stands between'],
  ['a number for a value', 200, JSON.stringify({ revision: 'r-1', source: 'live', values: { a: 1 } }), 'expected the words of a sidecar, found something else: check the address, and what stands between'],
  ['a list', 200, '[]', 'expected the words of a sidecar, found something else: check the address, and what stands between'],
  ['no such page', 404, '<html>', 'expected status 200, found 404: is this the address of a sidecar?'],
  ['a wrong token', 401, '{"error":{"code":"UNAUTHORIZED","message":"no"}}', 'expected status 200, found 401: the token is missing or wrong (option "token" or "tokenFile")'],
  ['a redirect', 302, '', 'expected status 200, found 302', { location: 'http://169.254.169.254/' }],
  ['too many', 429, '', 'expected status 200, found 429: too many wrong tokens came from this host', { 'retry-after': '3600' }],
  ['nothing yet', 503, '', 'expected status 200, found 503: the sidecar has nothing yet, or too many clients'],
])('%s is refused with a reason, and the last reading stays', async (_, status, body, message, headers = {}) => {
  let isBad = false;
  const web = await webServer((request, response) => {
    if (isBad) response.writeHead(status, headers).end(body);
    else if (request.url?.startsWith('/v1/watch') === true) response.writeHead(404).end();
    else response.writeHead(200, { etag: `"${web.asked.length}"` }).end(set);
  });
  const { config, errors, layer } = await watched(sidecar({ url: web.origin, token: 'tok-1' }));
  isBad = true;
  await until(() => errors.length > 0);
  expect(errors[0]?.message).toBe(`sidecar: ${message} (sidecar:${web.origin})`);
  expect([config.get('a'), layer().state]).toEqual(['1', 'stale']);
  expect(web.asked.every(({ headers: sent }) => sent.authorization === 'Bearer tok-1')).toBe(true);
  expect(JSON.stringify(errors)).not.toContain('tok-1');
});

it('a stream that says nonsense, or breaks off, is given up, and the next one followed', async () => {
  const change = (revision: string, value: string) => `event: change\ndata: ${JSON.stringify({ revision, at: '2026-01-01T00:00:00Z', changes: [{ key: 'a', op: 'set', value }] })}\n\n`;
  const streams = ['event: change\ndata: {"revision":"r-2"}\n\n', change('r-3', '3').slice(0, -1), `: here live\n\nevent: what\ndata: 1\n\n${change('r-3', '2')}`];
  const web = await webServer((request, response) => {
    if (request.url?.startsWith('/v1/watch') !== true) return void response.writeHead(200).end(set);
    const stream = streams.shift()!;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(stream, () => {
      if (streams.length === 1) response.destroy();
    });
  });
  const { config, errors } = await watched(sidecar({ url: web.origin }));
  await until(() => config.get('a') === '2');
  expect(errors.map(({ message }) => message.replace(/ \(sidecar:.*/, ''))).toEqual([
    'sidecar: expected the words of a sidecar, found something else: check the address, and what stands between',
    'sidecar: expected an answer, found that the connection was cut before its end',
  ]);
});

it('more than a layer could ever hold is not read to its end', async () => {
  let sent = 0;
  const web = await webServer((_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(1024 * 1024))) sent++;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  const { errors } = await watched(sidecar({ url: web.origin }), { maxBytes: 1024 * 1024 });
  expect(errors[0]).toMatchObject({ code: 'CALUMMA_TOO_LARGE', message: expect.stringContaining('expected an answer of at most 23068672 characters, found more') as string });
  expect(sent).toBeLessThan(100);
});

/** A sidecar whose stream never ends: what it says is made as fast as it is taken. */
async function endless(next: () => string): Promise<{ readonly origin: string; readonly mbSent: () => number }> {
  let sent = 0;
  const web = await webServer((request, response) => {
    if (request.url?.startsWith('/v1/watch') !== true) return void response.writeHead(200).end(set);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const more = (): void => {
      for (let taken = true; taken && !response.destroyed; ) {
        const piece = next();
        sent += piece.length;
        taken = response.write(piece);
      }
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  return { origin: web.origin, mbSent: () => sent / 1024 / 1024 };
}

it.each([['data: y\n'], ['data\n: still here\n'], ['data: y\r\n']])('an event of short lines without an end, %j, is not put together until memory is gone', async (line) => {
  const piece = line.repeat(4_096);
  const web = await endless(() => piece);
  const { config, errors } = await watched(sidecar({ url: web.origin }), { maxBytes: 64 * 1024 });
  await until(() => errors.length > 0);
  expect(web.mbSent()).toBeLessThan(10);
  expect(errors[0]).toMatchObject({ code: 'CALUMMA_TOO_LARGE', message: expect.stringContaining('expected an event of at most 17170432 characters, found more') as string });
  expect(config.get('a')).toBe('1');
});

it('heartbeats without an end are no event', async () => {
  const beats = ': here live\n\n'.repeat(4_096);
  const web = await endless(() => beats);
  const { errors } = await watched(sidecar({ url: web.origin }), { maxBytes: 64 * 1024 });
  await until(() => web.mbSent() > 40);
  expect(errors).toEqual([]);
});

it('changes of ever new keys are given up, also under one and the same revision, and everything is read anew', async () => {
  let n = 0;
  const change = () => {
    const changes = Array.from({ length: 500 }, () => ({ key: `k${n++}`, op: 'set', value: 'x' }));
    return `event: change\ndata: ${JSON.stringify({ revision: 'r-2', at: '2026-01-01T00:00:00Z', changes })}\n\n`;
  };
  const web = await endless(change);
  const { config, errors } = await watched(sidecar({ url: web.origin }), { maxBytes: 64 * 1024 });
  const givenUp = () => errors.find(({ message }) => message.includes('expected an end of changes that cannot be taken, found more than 1179648 bytes') || message.includes('expected changes of at most 1179648 bytes before the layer takes them'));
  await until(() => givenUp() !== undefined);
  expect(givenUp()).toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
  expect(web.mbSent()).toBeLessThan(20);
  expect(config.get('a')).toBe('1');
});
