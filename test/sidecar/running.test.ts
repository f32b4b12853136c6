import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';

import { readDescription } from '../../src/index.js';
import { schemaAccepts } from '../default/schema.js';
import { describeWith } from '../harness/servers/available.js';
import { build, folderWith, serve } from './daemon-process.js';

const readme = readFileSync(new URL('../../src/sidecar/README.md', import.meta.url), 'utf8');

const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)![1]!;

beforeAll(build, 60_000);

it('the description in the README is one', () => {
  const folder = folderWith({ 'calumma.yaml': block('yaml') });
  const { configs, outputs, sidecar } = readDescription(path.join(folder, 'calumma.yaml'), {});
  expect(Object.keys(configs)).toEqual(['default', 'billing']);
  expect([outputs.length, sidecar.port]).toEqual([1, 8078]);
  expect(schemaAccepts(block('yaml'))).toBe(true);
});

it('the table of output options has those that there are', () => {
  const schema = JSON.parse(readFileSync(new URL('../../calumma.schema.json', import.meta.url), 'utf8')) as { properties: { outputs: { items: { properties: object } } } };
  const table = readme.slice(readme.indexOf('| option | default |'), readme.indexOf('What fails is told once'));
  const named = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys(schema.properties.outputs.items.properties).sort());
});

describe('the systemd unit', () => {
  const unit = block('ini');

  it('is one that systemd understands', (test) => {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) {
      process.stderr.write('systemd-analyze is not installed: skipped "the systemd unit is one that systemd understands"\n');
      return test.skip('systemd-analyze is not installed');
    }
    const folder = folderWith({ 'calumma.service': unit.replace('/usr/local/bin/calumma', process.execPath) });
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path.join(folder, 'calumma.service')], { encoding: 'utf8' });
    const ours = stderr.split('\n').filter((line) => line.includes('calumma.service'));
    expect([status, ours]).toEqual([0, []]);
  });
});

describeWith('curl', 'the systemd unit when it has started', () => {
  const unit = block('ini');

  it('waits for a sidecar at the socket that it makes a folder for', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []' });
    await serve(folder, ['--port', '0'], { RUNTIME_DIRECTORY: folder });
    const command = /^ExecStartPost=-(.*)$/m.exec(unit)![1]!.replace('${RUNTIME_DIRECTORY}', folder).split(' ');
    await promisify(execFile)(command[0]!, command.slice(1));
  });
});

describe('the Dockerfile', () => {
  const lines = block('dockerfile').trim().split('\n');
  const words = (instruction: string): string[] => JSON.parse(/\[.*\]/.exec(lines.find((line) => line.startsWith(instruction))!)![0]) as string[];

  it('starts a sidecar that its health check finds well, until it is gone', async () => {
    const folder = folderWith({ 'calumma.yaml': 'layers: []' });
    const args = words('ENTRYPOINT').slice(2).map((word) => word.replace('/etc/calumma', folder));
    const daemon = await serve(folder, [...args, '--port', '0'], { RUNTIME_DIRECTORY: folder });
    const [, ...check] = words('HEALTHCHECK').map((word) => word.replace('http://127.0.0.1:8078', daemon.url));
    const healthy = () => spawnSync(process.execPath, check).status;
    expect(healthy()).toBe(0);
    daemon.process.kill('SIGKILL');
    await daemon.ended;
    expect(healthy()).toBe(1);
  });
});
