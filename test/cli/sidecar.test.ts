import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';

import { sqlite } from '../../src/entries/sqlite.js';
import { createConfig, memory, values } from '../../src/index.js';
import { serving, sidecarOf } from '../sidecar/rig.js';
import { inProcess } from './in-process.js';

const record = { 'gateway.limit': '5', 'gateway.a/b c%': 'odd', 'db.password': 'hunter2', '__proto__': 'p', empty: '' };

afterEach(() => {
  delete process.env.CALUMMA_SIDECAR;
  delete process.env.CALUMMA_TOKEN;
  delete process.env.CALUMMA_TOKEN_FILE;
});

describe('a sidecar is asked', () => {
  it('for values, whatever their keys and texts', async () => {
    const { url } = await serving(Object.fromEntries(Object.entries(record)));
    for (const [key, value] of Object.entries({ 'gateway.limit': '5', 'gateway.a/b c%': 'odd', empty: '' })) {
      expect(await inProcess(['get', key, '--sidecar', url])).toEqual({ code: 0, stdout: `${value}\n`, stderr: '' });
    }
    expect(JSON.parse((await inProcess(['get', 'nothing', '--json', '--sidecar', url])).stdout)).toEqual({ key: 'nothing', value: null });
  });

  it('by its socket too, and by CALUMMA_SIDECAR, which --config goes before', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'calumma-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const socketPath = path.join(folder, 's.sock');
    await serving(record, { listen: false, socketPath });
    expect(existsSync(socketPath)).toBe(true);
    for (const address of [socketPath, `unix:${socketPath}`, `unix://${socketPath}`]) expect((await inProcess(['get', 'gateway.limit', '--sidecar', address])).stdout).toBe('5\n');
    process.env.CALUMMA_SIDECAR = socketPath;
    expect((await inProcess(['get', 'gateway.limit'])).stdout).toBe('5\n');
    const description = path.join(folder, 'c.yaml');
    writeFileSync(description, 'layers: [{ values: { entries: { gateway.limit: 9 } } }]');
    expect((await inProcess(['get', 'gateway.limit', '--config', description])).stdout).toBe('9\n');
  });

  it('list masks secrets, explain tells the winner, and a mistyped key suggests the nearest', async () => {
    const { url } = await serving(record);
    expect((await inProcess(['list', 'db', '--sidecar', url])).stdout).toBe('db.password  ***\n');
    expect((await inProcess(['explain', 'gateway.limit', '--sidecar', url])).stdout).toMatch(/^gateway\.limit = 5\n {2}→ memory {2}5 {2}\S+ {2}since \S+Z\n$/);
    for (const verb of ['get', 'explain']) {
      expect(await inProcess([verb, 'gatway.limit', '--sidecar', url])).toEqual({ code: 1, stdout: '', stderr: 'calumma: gatway.limit is set nowhere; did you mean gateway.limit?\n' });
    }
  });

  it('get of a secret fails rather than print ***', async () => {
    const { url } = await serving(record);
    expect(await inProcess(['get', 'db.password', '--sidecar', url])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('db.password is a secret') as string });
  });

  it('for one of several namespaces', async () => {
    const billing = createConfig({ layers: [memory({ a: 'b' })], context: {} });
    onTestFinished(() => billing.close());
    const { url } = await sidecarOf({ configs: { billing } }).then((sidecar) => ({ url: sidecar.url ?? '' }));
    expect((await inProcess(['get', 'a', '--sidecar', url, '--namespace', 'billing'])).stdout).toBe('b\n');
    expect((await inProcess(['get', 'a', '--sidecar', url])).code).toBe(1);
  });

  it('watch tells what changes, and what has changed while the sidecar was away', async () => {
    const { store, config, sidecar, url } = await serving({ a: '1', password: 'p1' });
    const stopping = new AbortController();
    let stdout = '';
    const watched = inProcess(['watch', '--sidecar', url], { stop: stopping.signal, onOutput: (text) => (stdout = text) });
    await expect.poll(async () => ((await (await fetch(`${url}/v1/status`)).json()) as { watchers: number }).watchers).toBe(1);
    store.set('a', '2');
    store.set('password', 'p2');
    await expect.poll(() => stdout).toMatch(/Z {2}a {2}1 → 2 {2}memory\b.*\n/);
    const { port } = new URL(url);
    await sidecar.close({ drainMs: 0 });
    store.set('a', '3');
    await sidecarOf({ configs: { default: config }, listen: { port: Number(port) } });
    await expect.poll(() => stdout, { timeout: 10_000 }).toMatch(/ {2}a {2}2 → 3\n/);
    store.delete('a');
    await expect.poll(() => stdout).toMatch(/ {2}a {2}3 → \(not set\)/);
    stopping.abort();
    const { code, stderr } = await watched;
    expect(code).toBe(0);
    expect(stderr).toMatch(/sidecar is stale\n.*sidecar is live\n/);
    expect(stdout + stderr).not.toMatch(/\bp[12]\b/);
  });
});

describe('a sidecar is written to', () => {
  const store = async (): Promise<(...args: string[]) => ReturnType<typeof inProcess>> => {
    const folder = mkdtempSync(path.join(tmpdir(), 'calumma-test-'));
    const layers = [values({ pinned: 'above' }, { name: 'top' }), sqlite({ path: path.join(folder, 'config.db'), create: true }), values({ 'gateway.limit': '5', 'db.password': 'hunter22' }, { name: 'bottom' })];
    const config = await createConfig({ layers, context: {} }).ready();
    const tokenFile = path.join(folder, 'tokens');
    writeFileSync(tokenFile, '# who may\nthe-token-of-ann name=ann write\n', { mode: 0o600 });
    const { url = '' } = await sidecarOf({ configs: { default: config }, tokenFile });
    onTestFinished(async () => {
      await config.close();
      rmSync(folder, { recursive: true });
    });
    process.env.CALUMMA_TOKEN_FILE = tokenFile;
    return (...args) => inProcess([...args, '--sidecar', url]);
  };

  it('with a token: set, delete, history and rollback, as with a cascade of our own', async () => {
    const on = await store();
    expect(await on('set', 'gateway.limit=50', '--dry-run')).toEqual({ code: 0, stdout: 'gateway.limit  5 → 50\n', stderr: '' });
    const { version } = JSON.parse((await on('set', 'gateway.limit=50', '__proto__=p', '--reason', 'traffic peak', '--json')).stdout) as { version: string };
    expect((await on('get', 'gateway.limit')).stdout).toBe('50\n');
    expect(await on('set', 'pinned=below', 'gateway.limit=60')).toMatchObject({ code: 0, stderr: 'pinned also stands in top, which goes first: readers go on seeing that\n' });
    expect((await on('delete', 'db.password', '--dry-run')).stdout).toBe('nothing would change for readers\n');
    expect((await on('history', 'gateway.limit')).stdout).toMatch(/^\d+ .*@\S+ \(ann\) {2}gateway\.limit {2}50 → 60 .*\n\d+ .* {2}gateway\.limit {2}\(not set\) → 50 {2}traffic peak\n$/);
    expect((await on('diff', '--revision', version)).stdout).toBe('~ gateway.limit  50 → 60\n+ pinned = below\n');
    expect((await on('rollback', version, '--dry-run')).stdout).toBe('gateway.limit  60 → 50\n');
    expect((await on('rollback', version)).stdout).toMatch(/^sqlite is as it was at version/);
    expect((await on('get', 'gateway.limit')).stdout).toBe('50\n');
    expect(await on('rollback', version)).toMatchObject({ code: 1, stderr: `calumma: nothing differs from version ${version}\n` });
    for (const dry of [[], ['--dry-run']]) {
      expect(await on('rollback', '99', ...dry)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^calumma: nothing was written after version 99: the newest is \d+\n$/) as string });
    }
    expect(await on('delete', 'gateway.limti')).toMatchObject({ stdout: expect.stringMatching(/^0 keys deleted/) as string, stderr: expect.stringContaining('did you mean gateway.limit?') as string });
  });

  it('and says what it refuses: a stale version, a layer that cannot be written, no token', async () => {
    const on = await store();
    const { version } = JSON.parse((await on('set', 'a=1', '--json')).stdout) as { version: string };
    await on('set', 'a=2');
    expect(await on('set', 'a=3', '--expect', version)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^calumma: the sidecar answers 412: /) as string });
    expect(await on('set', 'a=3', '--layer', 'top')).toMatchObject({ code: 1, stderr: expect.stringContaining('can be written') as string });
    delete process.env.CALUMMA_TOKEN_FILE;
    expect(await on('set', 'a=3')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^calumma: the sidecar answers 40[13]: /) as string });
    expect((await on('get', 'a')).stdout).toBe('2\n');
  });
});

describe('what answers is no sidecar', () => {
  const serve = async (answer: (path: string) => { readonly status: number; readonly body: string }): Promise<string> => {
    const server: Server = createServer((request, response) => {
      const { status, body } = answer(request.url ?? '');
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('is said in one line, with exit code 1', async () => {
    const page = await serve(() => ({ status: 404, body: '<html>' }));
    const nonsense = await serve(() => ({ status: 200, body: '<html>' }));
    for (const [args, said] of [
      [['get', 'a', '--sidecar', page], /answers 404: is it a sidecar\?$/],
      [['list', '--sidecar', nonsense], /does not answer as a sidecar does: is it one\?$/],
      [['watch', '--sidecar', page], /answers 404: is it a sidecar\?$/],
      [['get', 'a', '--sidecar', 'http://127.0.0.1:1'], /no sidecar answers at http:\/\/127\.0\.0\.1:1: ECONNREFUSED$/],
      [['get', 'a', '--sidecar', '/no/such.sock'], /no sidecar answers at \/no\/such\.sock: ENOENT$/],
      [['get', 'a', '--sidecar', 'http://user:pass@127.0.0.1:1'], /at http:\/\/127\.0\.0\.1:1: ECONNREFUSED$/],
    ] as const) {
      const { code, stdout, stderr } = await inProcess(args);
      expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 1, stdout: '', lines: 2 });
      expect(stderr.trim()).toMatch(said);
    }
  });

  it('a token that cannot be sent or read is refused before anything is asked', async () => {
    process.env.CALUMMA_TOKEN = 'ä';
    expect(await inProcess(['get', 'a', '--sidecar', 'http://127.0.0.1:1'])).toMatchObject({ code: 1, stderr: expect.stringContaining('printable ASCII') as string });
    delete process.env.CALUMMA_TOKEN;
    process.env.CALUMMA_TOKEN_FILE = '/no/such/file';
    expect(await inProcess(['get', 'a', '--sidecar', 'http://127.0.0.1:1'])).toMatchObject({ code: 1, stderr: expect.stringContaining('CALUMMA_TOKEN_FILE') as string });
  });
});
