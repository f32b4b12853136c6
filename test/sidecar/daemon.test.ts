import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { build, eventually, folderWith, launch, overSocket, serve, type Served } from './daemon-process.js';
import { watching } from './rig.js';

beforeAll(build, 60_000);

interface Answer {
  readonly revision: string;
  readonly values: Readonly<Record<string, string>>;
}

interface Status {
  readonly description: { readonly path: string; readonly loadedAt: string; readonly error?: string } | null;
  readonly namespaces: Readonly<Record<string, unknown>>;
  readonly outputs: readonly { readonly state: string }[];
}

const values = async (daemon: Served, namespace = 'default') => (await daemon.json<Answer>(`/v1/config/${namespace}`)).values;

const constant = (record: object, name = 'values') => `{ values: { name: ${name}, entries: ${JSON.stringify(record)} } }`;

/** Rewrites the description and sends SIGHUP; resolves when the daemon has said what became of it. */
async function reload(daemon: Served, folder: string, text: string | undefined): Promise<string> {
  const file = path.join(folder, 'calumma.yaml');
  if (text === undefined) rmSync(file);
  else writeFileSync(file, text);
  const from = daemon.log().length;
  daemon.process.kill('SIGHUP');
  await daemon.said(/reloaded/, from);
  return daemon.log().slice(from);
}

describe('calumma sidecar', () => {
  it('serves the configs of the description that is there, and ends with 0 when it is told to', async () => {
    const daemon = await serve(folderWith({ 'calumma.yaml': `layers: [${constant({ a: 1 })}]\nconfigs: { billing: { layers: [${constant({ rate: 2 })}] } }` }));
    expect([await values(daemon), await values(daemon, 'billing')]).toEqual([{ a: '1' }, { rate: '2' }]);
    expect((await daemon.json<Status>('/v1/status')).description).toMatchObject({ path: 'calumma.yaml', loadedAt: expect.any(String) as string });
    daemon.process.kill('SIGTERM');
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(daemon.log()).toMatch(/info {2}serving default, billing of calumma\.yaml at http:\/\/127\.0\.0\.1:\d+\n/);
    expect(daemon.log()).toMatch(/info {2}stopping\n.*info {2}stopped\n$/);
  });

  it('serves the standard layers without one, and reads them again when it is hung up', async () => {
    const folder = folderWith({ 'application.properties': 'a=1\n' });
    const daemon = await serve(folder, ['--port', '0'], { GATEWAY_LIMIT: '5' });
    expect(await values(daemon)).toMatchObject({ a: '1', GATEWAY_LIMIT: '5' });
    expect((await daemon.json<Status>('/v1/status')).description).toBeNull();
    daemon.process.kill('SIGHUP');
    await daemon.said(/read again: the standard layers/);
    expect(await reload(daemon, folder, `layers: [${constant({ b: 2 })}]`)).toContain('reloaded calumma.yaml, made anew: default');
    expect(await values(daemon)).toEqual({ b: '2' });
  });

  it('never takes its own words for configuration', async () => {
    const daemon = await serve(folderWith({ 'calumma.yaml': 'layers: [args]' }));
    expect(await values(daemon)).toEqual({});
  });

  it('says its news as JSON when it is asked to', async () => {
    const daemon = launch(folderWith({ 'calumma.yaml': 'layers: []' }), ['--port', '0', '--json']);
    await daemon.said(/"started"/);
    daemon.process.kill('SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    const lines = daemon.log().split('\n').filter((line) => line.startsWith('{"at"')).map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([{ level: 'info', event: 'started', configs: ['default'], path: 'calumma.yaml' }, { event: 'stopping' }, { event: 'stopped' }]);
  });

  it.each([
    ['every problem of a description', { 'calumma.yaml': 'layers: [evn]\nsidecar: { prot: 1 }\n' }, [], ['calumma.yaml:1:10: layers[0]: unknown kind of layer "evn"', 'calumma.yaml:2:12: sidecar: unknown key "prot"']],
    ['that there is no such description', {}, ['--config', 'none.yaml'], ['none.yaml: expected a description such as calumma.yaml, found no such file']],
  ])('says %s and exits with 1', async (_, files, args, says) => {
    const daemon = launch(folderWith(files), ['--port', '0', ...args]);
    expect(await daemon.ended).toEqual({ code: 1, signal: null });
    for (const text of says) expect(daemon.log()).toContain(text);
  });

  it('says that a port is none, and exits with 2', async () => {
    const daemon = launch(folderWith(), ['--port', '80a']);
    expect(await daemon.ended).toEqual({ code: 2, signal: null });
    expect(daemon.log()).toContain('expected a port from 0 to 65535');
  });
});

describe('a place that is taken', () => {
  it('makes the second sidecar at one port exit with 1 and say why', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []' });
    const { url } = await serve(folder);
    const second = launch(folder, ['--port', new URL(url).port]);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.log()).toContain(`the sidecar cannot listen at ${url.slice('http://'.length)}: expected a free place, found somebody who listens there already`);
  });

  it('makes the second sidecar at one socket exit with 1, and leaves the first one its socket', async () => {
    const folder = folderWith({ 'calumma.yaml': `layers: [${constant({ a: 1 })}]\nsidecar: { port: 0, socket: run.sock }` });
    const first = await serve(folder, []);
    const second = launch(folder);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.log()).toContain('run.sock: expected a free place, found somebody who listens there already');
    expect(await overSocket(first.socket!, '/v1/config/default/a')).toBe('1');
  });

  it('is taken over when it is a socket that a killed sidecar has left', async () => {
    const folder = folderWith({ 'calumma.yaml': `layers: [${constant({ a: 1 })}]\nsidecar: { port: 0, socket: run.sock }` });
    const first = await serve(folder, []);
    first.process.kill('SIGKILL');
    await first.ended;
    expect(existsSync(first.socket!)).toBe(true);
    const second = await serve(folder, []);
    expect(await overSocket(second.socket!, '/v1/config/default/a')).toBe('1');
    expect((statSync(second.socket!).mode & 0o777).toString(8)).toBe('660');
    second.process.kill('SIGTERM');
    await second.ended;
    expect(existsSync(second.socket!)).toBe(false);
  });

  it('that is a file of somebody is left alone', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []', 'run.sock': 'mine' });
    const daemon = launch(folder, ['--port', '0', '--socket', 'run.sock']);
    expect(await daemon.ended).toEqual({ code: 1, signal: null });
    expect(readFileSync(path.join(folder, 'run.sock'), 'utf8')).toBe('mine');
  });
});

describe('the tokens of the description', () => {
  const write = (daemon: Served, token: string) => fetch(`${daemon.url}/v1/config/default/a`, { method: 'PUT', body: '2', headers: { authorization: `Bearer ${token}`, 'x-config-reason': 'test' } });

  it('say who may write to a store, and are read again when they change', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: [{ sqlite: { path: live.db, create: true } }]\nsidecar: { tokens: tokens }', tokens: 'first-token-of-all name=ann\n' });
    chmodSync(path.join(folder, 'tokens'), 0o600);
    const daemon = await serve(folder);
    await eventually(async () => (await daemon.json<{ state: string }>('/v1/status')).state === 'live');
    expect((await write(daemon, 'first-token-of-all')).status).toBe(200);
    await eventually(async () => (await values(daemon)).a === '2');
    writeFileSync(path.join(folder, 'tokens'), 'second-token-of-all\n');
    // Asked with the one that is known: who tries wrong ones again and again is made to wait.
    await eventually(async () => (await write(daemon, 'first-token-of-all')).status === 401);
    expect((await write(daemon, 'second-token-of-all')).status).toBe(200);
  });

  it('are needed where other hosts can reach it: without them it does not start', async () => {
    const daemon = launch(folderWith({ 'calumma.yaml': 'layers: []\nsidecar: { host: 0.0.0.0 }' }), ['--port', '0']);
    expect(await daemon.ended).toEqual({ code: 1, signal: null });
    expect(daemon.log()).toContain('expected a loopback address');
  });
});

describe('the socket that nobody has asked for', () => {
  it('stands in the folder that systemd made for the service', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []' });
    const { socket } = await serve(folder, ['--port', '0'], { RUNTIME_DIRECTORY: `${folder}:/run/other`, XDG_RUNTIME_DIR: '/run/user/0' });
    expect(socket).toBe(path.join(folder, 'sidecar.sock'));
  });

  it('else in the folder of the user, where a second sidecar goes without', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []' });
    const [first, second] = [await serve(folder, ['--port', '0'], { XDG_RUNTIME_DIR: folder }), await serve(folder, ['--port', '0'], { XDG_RUNTIME_DIR: folder })];
    expect(first.socket).toBe(path.join(folder, 'calumma/sidecar.sock'));
    expect(second.socket).toBeUndefined();
    expect(second.log()).toContain('another sidecar does');
    expect((statSync(path.dirname(first.socket!)).mode & 0o777).toString(8)).toBe('700');
  });

  it('is left out by --no-socket', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []' });
    expect((await serve(folder, ['--port', '0', '--no-socket'], { XDG_RUNTIME_DIR: folder })).socket).toBeUndefined();
  });
});

describe('SIGHUP', () => {
  const text = (a: object, billing?: object) => `layers: [${constant(a)}]\n${billing === undefined ? '' : `configs: { billing: { layers: [${constant(billing)}] } }\n`}`;

  it('serves what the description says now, and cuts nobody off', async () => {
    const folder = folderWith({ 'calumma.yaml': text({ a: 1, b: 1 }, { rate: 1 }) });
    const daemon = await serve(folder);
    const watcher = await watching(`${daemon.url}/v1/watch?ns=default&ns=billing`);
    await eventually(() => watcher.events.length === 2);
    const billing = (await daemon.json<Answer>('/v1/config/billing')).revision;

    expect(await reload(daemon, folder, text({ a: 2, c: 1 }, { rate: 1 }))).toContain('made anew: default\n');
    await eventually(() => watcher.events.some(({ event }) => event === 'change'));
    const { data } = watcher.events.at(-1)! as unknown as { data: { namespace: string; changes: { key: string; op: string }[] } };
    expect([data.namespace, data.changes.map(({ key, op }) => `${op} ${key}`).sort()]).toEqual(['default', ['delete b', 'set a', 'set c']]);
    expect(await values(daemon)).toEqual({ a: '2', c: '1' });
    expect((await daemon.json<Answer>('/v1/config/billing')).revision).toBe(billing);
    watcher.stop();
  });

  it('changes nothing for a description that says the same', async () => {
    const folder = folderWith({ 'calumma.yaml': text({ a: 1 }) });
    const daemon = await serve(folder);
    const before = await daemon.json<Answer>('/v1/config/default');
    expect(await reload(daemon, folder, `# the same\n\n${text({ a: 1 })}`)).toContain('every config is as it was');
    expect(await daemon.json<Answer>('/v1/config/default')).toMatchObject({ revision: before.revision });
  });

  it('adds and removes configs', async () => {
    const folder = folderWith({ 'calumma.yaml': text({ a: 1 }) });
    const daemon = await serve(folder);
    await reload(daemon, folder, text({ a: 1 }, { rate: 1 }));
    expect(await values(daemon, 'billing')).toEqual({ rate: '1' });
    expect(await reload(daemon, folder, text({ a: 1 }))).toContain('removed: billing');
    expect((await fetch(`${daemon.url}/v1/config/billing`)).status).toBe(404);
  });

  it('serves a config whatever its name, also the names that every object has', async () => {
    const text = (more = '') => `layers: [${constant({ a: 1 })}]\nconfigs: { __proto__: { layers: [${constant({ b: 2 })}] }, constructor: { layers: [${constant({ c: 3 })}] }${more} }`;
    const folder = folderWith({ 'calumma.yaml': text() });
    const daemon = await serve(folder);
    expect([await values(daemon, '__proto__'), await values(daemon, 'constructor')]).toEqual([{ b: '2' }, { c: '3' }]);
    expect(await reload(daemon, folder, text(`, toString: { layers: [${constant({ d: 4 })}] }`))).toContain('made anew: toString');
    expect([await values(daemon, '__proto__'), await values(daemon, 'constructor'), await values(daemon, 'toString')]).toEqual([{ b: '2' }, { c: '3' }, { d: '4' }]);
    expect(await reload(daemon, folder, `layers: [${constant({ a: 1 })}]`)).toContain('__proto__, constructor, toString');
    expect((await fetch(`${daemon.url}/v1/config/constructor`)).status).toBe(404);
  });

  it('keeps what was served when the description has become nonsense, says so, and heals', async () => {
    const folder = folderWith({ 'calumma.yaml': text({ a: 1 }) });
    const daemon = await serve(folder);
    for (const nonsense of ['layers: [evn]\nmaxBytes: x\n', 'layers: [', '\0\0', 'configs: 7', undefined]) {
      const said = await reload(daemon, folder, nonsense);
      expect(said).toContain('not reloaded: what was served before goes on being served');
      const { description } = await daemon.json<Status>('/v1/status');
      expect(description?.error).toMatch(/calumma\.yaml/);
      for (const line of description?.error?.split('\n') ?? []) expect(said).toContain(line);
      expect(await values(daemon)).toEqual({ a: '1' });
    }
    await reload(daemon, folder, text({ a: 2 }));
    expect((await daemon.json<Status>('/v1/status')).description).not.toHaveProperty('error');
    expect(await values(daemon)).toEqual({ a: '2' });
  });

  it('says that the place to listen at changes with the next start', async () => {
    const folder = folderWith({ 'calumma.yaml': text({ a: 1 }) });
    const daemon = await serve(folder);
    expect(await reload(daemon, folder, `${text({ a: 1 })}sidecar: { port: 1 }\n`)).toContain('reloaded');
    await daemon.said(/the section "sidecar:" has changed/);
    expect(await values(daemon)).toEqual({ a: '1' });
  });

  it('that comes again and again, also while one is being done, is no problem', async () => {
    const folder = folderWith({ 'calumma.yaml': text({ a: 1 }) });
    const daemon = await serve(folder);
    for (let turn = 2; turn <= 20; turn++) {
      writeFileSync(path.join(folder, 'calumma.yaml'), text({ a: turn }));
      daemon.process.kill('SIGHUP');
      await values(daemon);
    }
    await eventually(async () => (await values(daemon)).a === '20');
    daemon.process.kill('SIGHUP');
    daemon.process.kill('SIGTERM');
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
  });
});

describe('SIGTERM', () => {
  it('answers who waits, ends the streams and exits within seconds', async () => {
    const daemon = await serve(folderWith({ 'calumma.yaml': `layers: [${constant({ a: 1 })}]` }));
    const watcher = await watching(`${daemon.url}/v1/watch`);
    const first = await fetch(`${daemon.url}/v1/config/default`);
    const polls = Array.from({ length: 10 }, () => fetch(`${daemon.url}/v1/config/default?wait=55s`, { headers: { 'if-none-match': first.headers.get('etag')! } }));
    await eventually(async () => (await daemon.json<{ polls: number }>('/v1/status')).polls === 10);
    const began = Date.now();
    daemon.process.kill('SIGTERM');
    const statuses = (await Promise.all(polls)).map(({ status }) => status);
    await watcher.ended;
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 304));
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('does not wait for a client that never takes its answer', async () => {
    const daemon = await serve(folderWith({ 'calumma.yaml': `layers: [${constant({ a: 'x'.repeat(5_000_000) })}]` }));
    const { connect } = await import('node:net');
    const socket = connect(Number(new URL(daemon.url).port), '127.0.0.1');
    socket.on('error', () => undefined).pause();
    socket.write('GET /v1/config/default HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await eventually(() => socket.bytesWritten > 0);
    daemon.process.kill('SIGTERM');
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    socket.destroy();
  });
});

it('starts at once with what the disk cache remembers, whatever its remotes do', async () => {
  const server = createServer((_, response) => response.end('remote=1\n')).listen(0, '127.0.0.1');
  await eventually(() => server.listening);
  const href = `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.properties`;
  const folder = folderWith({ 'calumma.yaml': `cacheDir: cache\nlayers:\n  - url: { href: "${href}", name: remote, timeout: 60s, connectTimeout: 60s }\n` });
  const first = await serve(folder);
  await eventually(async () => (await (await fetch(`${first.url}/v1/config/default/remote`)).text()) === '1');
  first.process.kill('SIGTERM');
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(existsSync(path.join(folder, 'cache/remote.cache'))).toBe(true);

  // It takes connections and never answers: the worst of servers.
  server.removeAllListeners('request');
  onTestFinished(() => server.close().closeAllConnections());
  const second = await serve(folder);
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  expect(await second.json<Answer>('/v1/config/default')).toMatchObject({ source: 'snapshot', values: { remote: '1' } });
  second.process.kill('SIGTERM');
  expect(await second.ended).toEqual({ code: 0, signal: null });
});
