import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { createConfig, values } from '../../src/index.js';
import { describeWith } from '../harness/servers/available.js';
import { sidecarOf } from './rig.js';

const readme = readFileSync(`${import.meta.dirname}/../../README.md`, 'utf8');
const [, section = ''] = readme.split('\n## The sidecar\n');
const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
const lines = block.trim().split('\n').map((line) => line.split(/\s+# /) as [string, string]);

it('the README shows the sidecar in five lines', () => {
  expect(lines.length).toBe(5);
});

describeWith('curl', 'the five lines of curl', () => {
  it.each(lines)('%s gives %s', async (command, expected) => {
    const config = createConfig({ layers: [values({ 'gateway.limit': '50' }, { name: 'defaults' })], context: {} });
    onTestFinished(() => config.close());
    const { url } = await sidecarOf({ configs: { default: config } });
    const line = command.replace('localhost:8078', url!).replace('curl', 'curl -sS --max-time 2');
    // A stream has no end: curl gives up, and what came is on its stdout.
    const { stdout } = await promisify(execFile)('bash', ['-c', `${line} || true`]);
    expect(stdout).toContain(expected);
  });
});
