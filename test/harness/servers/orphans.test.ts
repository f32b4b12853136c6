import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { until } from '../../sources/following.js';
import { describeWith, type Requirement } from './available.js';
import { processesIn } from './processes.js';

// A test process in small: it starts a server, does to it what it is told, says so and hangs. vitest runs our TypeScript.
const testProcess = `
  import { createViteServer } from 'vitest/node';
  const [file, start, method] = process.argv.slice(1);
  const vite = await createViteServer({
    configFile: false, logLevel: 'error', appType: 'custom', optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, ws: false },
  });
  const server = await (await vite.ssrLoadModule(file))[start]();
  if (method !== undefined) await server[method]();
  console.log('up');
  setInterval(() => undefined, 60_000);
`;

let temporary: string;

beforeEach(() => {
  temporary = realpathSync(mkdtempSync(join(tmpdir(), 'calumma-orphans-')));
  chmodSync(temporary, 0o755); // PostgreSQL runs as somebody else.
});
afterEach(() => rmSync(temporary, { recursive: true }));

function endsWith(requirement: Requirement, start: string, more: () => void = () => undefined): void {
  describeWith(requirement, `${requirement} ends with its test process`, () => {
    test('that is killed while the server is paused', async () => {
      await kill(await testProcessWith(requirement, start, 'pause'));
    });
    more();
  });
}

async function testProcessWith(requirement: Requirement, ...args: string[]): Promise<ChildProcess> {
  const file = join(import.meta.dirname, `${requirement}.ts`);
  const child = spawn(process.execPath, ['--input-type=module', '-e', testProcess, file, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  expect(processesIn(temporary)).not.toEqual([]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => processesIn(temporary).length === 0 && readdirSync(temporary).length === 0, () => readdirSync(temporary));
}

endsWith('postgres', 'startPostgres', () => {
  test('that is killed', async () => {
    await kill(await testProcessWith('postgres', 'startPostgres'));
  });
});
endsWith('mariadb', 'startMariadb');
endsWith('redis', 'startRedis');
endsWith('zookeeper', 'startZookeeper');
