import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createConfig, values } from '../../src/index.js';
import { startSidecar } from '../../src/sidecar/index.js';
import { describeWith } from '../harness/servers/available.js';
import { raw, serving, sidecarOf } from './rig.js';

const configs = { default: createConfig({ layers: [values({ a: '1' })], context: {} }) };

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-sidecar-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function overSocket(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text));
    });
    asked.on('error', reject).end();
  });
}

it('listens at a Unix socket that only its own may open, and takes it away at the end', async () => {
  const socketPath = join(scratch(), 'sidecar.sock');
  const sidecar = await sidecarOf({ configs, listen: false, socketPath });
  expect([sidecar.url, sidecar.socketPath]).toEqual([undefined, socketPath]);
  expect(statSync(socketPath).mode & 0o777).toBe(0o660);
  expect(await overSocket(socketPath, '/v1/config/default/a')).toBe('1');
  await sidecar.close();
  expect(() => statSync(socketPath)).toThrow(/ENOENT/);
});

it('says who is in the way when two start at one port or socket, and leaves the first alone', async () => {
  const socketPath = join(scratch(), 'sidecar.sock');
  const { url } = await serving({ a: '1' });
  const port = Number(new URL(url).port);
  await expect(startSidecar({ configs, listen: { port } })).rejects.toMatchObject({ code: 'CALUMMA_LISTEN', message: expect.stringContaining(`127.0.0.1:${port}`) as unknown });
  await sidecarOf({ configs, listen: false, socketPath });
  await expect(startSidecar({ configs, listen: { port: 0 }, socketPath })).rejects.toMatchObject({ code: 'CALUMMA_LISTEN', message: expect.stringContaining('another sidecar') as unknown });
  expect(await overSocket(socketPath, '/v1/config/default/a')).toBe('1');
});

it('takes the place of a socket that a killed process has left, and of nothing else', async () => {
  const folder = scratch();
  const left = join(folder, 'left.sock');
  const dead = createServer().listen(left);
  await new Promise((resolve) => dead.once('listening', resolve));
  // As a killed process leaves it: closed, and still there.
  const { execFileSync } = await import('node:child_process');
  execFileSync('mv', [left, `${left}.kept`]);
  await new Promise((resolve) => dead.close(resolve));
  execFileSync('mv', [`${left}.kept`, left]);
  await sidecarOf({ configs, listen: false, socketPath: left });
  expect(await overSocket(left, '/v1/config/default/a')).toBe('1');
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  await expect(startSidecar({ configs, listen: false, socketPath: file })).rejects.toMatchObject({ code: 'CALUMMA_LISTEN' });
  await expect(startSidecar({ configs, listen: false, socketPath: join(folder, 'none', 'x.sock') })).rejects.toMatchObject({ code: 'CALUMMA_LISTEN' });
});

describeWith('python', 'a socket of a busy program', () => {
  it('leaves a socket alone that somebody listens at who is too busy to take anybody in', async () => {
    const busy = join(scratch(), 'busy.sock');
    // It listens and never accepts, with room for one.
    const script = 'import socket,sys,time;s=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);s.listen(0);print("there",flush=True);time.sleep(60)';
    const listener = spawn('python3', ['-c', script, busy], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void listener.kill());
    await once(listener.stdout, 'data');
    const waiting = [connect(busy), connect(busy)];
    for (const socket of waiting) socket.on('error', () => undefined);
    onTestFinished(() => waiting.forEach((socket) => void socket.destroy()));
    await expect(startSidecar({ configs, listen: false, socketPath: busy })).rejects.toMatchObject({ code: 'CALUMMA_LISTEN' });
    expect(statSync(busy).isSocket()).toBe(true);
  });
});

it('does not take the socket of its successor away when it has drained', async () => {
  const socketPath = join(scratch(), 'sidecar.sock');
  const first = await sidecarOf({ configs, listen: { port: 0 }, socketPath });
  const slow = await raw(first.url!);
  slow.write('POST /v1/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n');
  // Answered, so the one before it on this server is being looked at.
  await fetch(`${first.url}/healthz`);
  const closed = first.close({ drainMs: 10_000 });
  const second = await sidecarOf({ configs, listen: false, socketPath });
  slow.destroy();
  await closed;
  expect(await overSocket(second.socketPath!, '/v1/config/default/a')).toBe('1');
});

it.each([
  [{ configs: {} }, /at least one config/],
  [{ configs, listen: false as const }, /socketPath/],
  [{ configs, listen: { port: 70_000 } }, /65535/],
  [{ configs, limits: { ring: 0 } }, /above 0/],
])('refuses %j', async (options, message) => {
  await expect(startSidecar(options)).rejects.toMatchObject({ code: 'CALUMMA_OPTION', message: expect.stringMatching(message) as unknown });
});
