import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { createConfig, memory, type MemorySource } from '../src/index.js';
import type { Sidecar } from '../src/sidecar/index.js';
import { describeWith } from './harness/servers/available.js';
import { freePort } from './harness/servers/port.js';
import { sidecarOf } from './sidecar/rig.js';
import { until } from './sources/following.js';

/** The blocks of a language in the README's section, as they stand there. */
function blocks(language: string): string[] {
  const [, section = ''] = readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8').split('### Other languages\n');
  const found = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, of]) => of === language).map(([, , code = '']) => code);
  if (found.length === 0) throw new Error(`expected a client in ${language} in the README, found none`);
  return found;
}

interface Client {
  readonly lines: string[];
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** A program that runs until the test is over. */
function start(program: string, name: string, source: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Client {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-client-'));
  writeFileSync(path.join(folder, name), source);
  // A group of its own, because the shell has children.
  const child = spawn(program, [name, ...args], { cwd: folder, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    lines.push(...pieces);
  });
  onTestFinished(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return { lines, folder, say: (line) => void child.stdin.write(`${line}\n`) };
}

interface Host {
  readonly feed: MemorySource;
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly again: () => Promise<Sidecar>;
}

async function serve(): Promise<Host> {
  const port = await freePort();
  const feed = memory({ 'gateway.limit': '50', 'gateway.name': 'ä "b"', 'db.password': 'pw-1' });
  const config = createConfig({ layers: [feed], context: {} });
  onTestFinished(() => config.close());
  const again = () => sidecarOf({ configs: { default: config }, listen: { port } });
  const first = await again();
  return { feed, url: `http://127.0.0.1:${port}`, stop: () => first.close({ drainMs: 0 }), again };
}

describeWith('python', 'the client in Python', () => {
  test('has 30 lines, follows, and keeps the last good values while the sidecar is away', async () => {
    const [client = '', use = ''] = blocks('python');
    expect(client.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
    const { feed, url, stop, again } = await serve();
    const asked = "import sys\nfor line in sys.stdin: print('values', sorted(config.values.items()), flush=True)\n";
    const { lines, say } = start('python3', 'client.py', `${client}\n${use.replace('Config(', `Config('${url}', `)}\n${asked}`, []);
    await until(() => lines.includes('50'), () => lines);
    feed.set('gateway.limit', '60');
    await until(() => lines.includes('gateway.limit: 50 -> 60'), () => lines);
    await stop();
    say('?');
    await until(() => lines.includes(`values [('gateway.limit', '60'), ('gateway.name', 'ä "b"')]`), () => lines);
    feed.delete('gateway.name');
    await again();
    await until(() => lines.includes('gateway.name: ä "b" -> None'), () => lines);
    expect(lines.join()).not.toContain('db.password');
  });
});

describeWith('curl', 'the client in shell', () => {
  test('keeps a file as the sidecar has it, and leaves it alone while the sidecar is away', async () => {
    const [client = ''] = blocks('sh');
    const { feed, url, stop, again } = await serve();
    const { lines, folder } = start('sh', 'follow.sh', client, ['config.env'], { CALUMMA_SIDECAR: url });
    const file = () => readFileSync(path.join(folder, 'config.env'), 'utf8');
    await until(() => lines.length === 1);
    expect(file()).toContain('GATEWAY_LIMIT=50\n');
    expect(file()).toContain("DB_PASSWORD='***'\n");
    feed.set('gateway.limit', '60');
    await until(() => lines.length === 2);
    expect(file()).toContain('GATEWAY_LIMIT=60\n');
    await stop();
    feed.set('gateway.limit', '70');
    expect(file()).toContain('GATEWAY_LIMIT=60\n');
    await again();
    await until(() => lines.length === 3);
    expect(file()).toContain('GATEWAY_LIMIT=70\n');
    expect(lines).toEqual(Array.from({ length: 3 }, () => 'config.env is new'));
  });
});
