import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { beforeAll, expect, it } from 'vitest';

import { build, eventually, folderWith, launch, serve } from './daemon-process.js';

beforeAll(build, 60_000);

const current = (folder: string, name: string) => readFileSync(path.join(folder, 'out/current', name), 'utf8');

const description = (output: string) => `layers: [{ file: { path: app.properties } }]\noutputs:\n  - { to: out, formats: [properties, json, files], quietMs: 1ms${output} }\n`;

function put(folder: string, turn: number, keys = 30): void {
  const text = Array.from({ length: keys }, (_, at) => `key.${at}=${turn}\n`).join('');
  writeFileSync(path.join(folder, 'app.new'), text);
  renameSync(path.join(folder, 'app.new'), path.join(folder, 'app.properties'));
}

it('outputs follow the config, and what came last before SIGTERM is in them', async () => {
  const folder = folderWith({ 'calumma.yaml': description(', quietMs: 60s').replace('quietMs: 1ms, ', '') });
  put(folder, 1, 1);
  const daemon = await serve(folder);
  await daemon.said(/1 keys written/);
  put(folder, 2, 1);
  await eventually(async () => (await (await fetch(`${daemon.url}/v1/config/default/key.0`)).text()) === '2');
  daemon.process.kill('SIGTERM');
  expect(await daemon.ended).toEqual({ code: 0, signal: null });
  expect(current(folder, 'default/key.0')).toBe('2');
});

it('SIGHUP takes other outputs, and leaves those that stay in peace', async () => {
  const folder = folderWith({ 'calumma.yaml': description('') });
  put(folder, 1, 1);
  const daemon = await serve(folder);
  await daemon.said(/out: 1 keys written/);
  writeFileSync(path.join(folder, 'calumma.yaml'), `${description('')}  - { to: second, formats: [env] }\n`);
  daemon.process.kill('SIGHUP');
  await daemon.said(/second: 1 keys written/);
  expect(daemon.log().match(/out: 1 keys written/g)).toHaveLength(1);
  const { outputs } = await daemon.json<{ outputs: unknown[] }>('/v1/status');
  expect(outputs).toMatchObject([{ state: 'written', keys: 1 }, { state: 'written', keys: 1 }]);
});

it('a failed check is told in the log and in the status, and the files stay', async () => {
  const folder = folderWith({ 'calumma.yaml': description(', check: [sh, -c, "grep -q 1 default.properties"]') });
  put(folder, 1, 1);
  const daemon = await serve(folder);
  await daemon.said(/1 keys written/);
  put(folder, 2, 1);
  await daemon.said(/error .*its check failed: sh ended with code 1 \(CALUMMA_OUTPUT\)/);
  expect(await daemon.json('/v1/status')).toMatchObject({ outputs: [{ state: 'failed', error: expect.stringContaining('its check failed') as string }] });
  expect(current(folder, 'default/key.0')).toBe('1');
});

it('kill -9 at any moment leaves current whole, and what was left is gone after the next start', async () => {
  const folder = folderWith({ 'calumma.yaml': description(', check: [sh, -c, "sleep 0.01"]') });
  put(folder, 0);
  const moments = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55];
  let turn = 0;
  for (const ms of moments) {
    const daemon = launch(folder, ['--port', '0']);
    await daemon.said(/serving/);
    const writing = setInterval(() => put(folder, ++turn), 3);
    // The files are written from the first moment on; somewhere in there it ends.
    await sleep(ms);
    daemon.process.kill('SIGKILL');
    await daemon.ended;
    clearInterval(writing);
    expectWhole(folder);
  }
  const last = await serve(folder);
  await eventually(() => existsSync(path.join(folder, 'out/current')) && current(folder, 'default/key.0') === String(turn));
  last.process.kill('SIGTERM');
  await last.ended;
  expectWhole(folder);
  expect(readdirSync(path.join(folder, 'out')).sort()).toEqual(['current', 'v']);
  expect(readdirSync(path.join(folder, 'out/v')).filter((name) => name.startsWith('.'))).toEqual([]);
  expect(readdirSync(path.join(folder, 'out/v')).length).toBeLessThanOrEqual(3);
}, 60_000);

function expectWhole(folder: string): void {
  if (!existsSync(path.join(folder, 'out/current'))) return;
  const { files } = JSON.parse(current(folder, '.meta.json')) as { files: Record<string, string> };
  expect(Object.keys(files)).toHaveLength(32);
  for (const [name, sum] of Object.entries(files)) expect(createHash('sha256').update(current(folder, name)).digest('hex')).toBe(sum);
  const values = new Set(Object.values(JSON.parse(current(folder, 'default.json')) as Record<string, string>));
  expect(values.size).toBe(1);
}
