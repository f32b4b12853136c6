import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { postgres } from '../../../src/sources/postgres/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { follow, until } from '../following.js';
import { storeOn } from './rig.js';

describeWith('postgres', 'the life of a source of PostgreSQL', () => {
  const server = useServer(startPostgres);
  const folder = mkdtempSync(join(tmpdir(), 'calumma-postgres-life-'));
  beforeAll(async () => {
    const cwd = resolve(import.meta.dirname, '../../..');
    symlinkSync(join(cwd, 'node_modules'), join(folder, 'node_modules'));
    const bundle = await rolldown({ cwd, input: { calumma: 'src/index.ts', postgres: 'src/sources/postgres/index.ts' }, platform: 'node', external: [/^[^./]/] });
    await bundle.write({ dir: folder, entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' });
    await bundle.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a program to its end; resolves with what it printed and its exit code. */
  async function run(program: string): Promise<string> {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, `import pg from 'pg';\nimport { createConfig } from './calumma.mjs';\nimport { postgres } from './postgres.mjs';\n${program}`);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return `${printed.trim()} ${code}`;
  }

  test('a process that forgot to close ends, though it follows a table', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const url = JSON.stringify(store.database.url);
    expect(await run(`const config = createConfig({ layers: [postgres({ connectionString: ${url} })] }); await config.ready(); console.log(config.get('a'));`)).toBe('1 0');
    expect(await run(`const pool = new pg.Pool({ connectionString: ${url} }); const config = createConfig({ layers: [postgres({ pool })] }); await config.ready(); console.log(config.get('a'));`)).toBe('1 0');
  });

  test('a process lives until its write is done', async () => {
    const store = await storeOn(server());
    const connectionString = JSON.stringify(store.database.userUrl);
    await store.run(`grant all on all tables in schema public to ${server().user}`);
    expect(await run(`console.log((await postgres({ connectionString: ${connectionString} }).set({ a: '1' }, { author: 'ann', reason: 'test' })).version);`)).toBe('1 0');
  });

  test('a write to a server that hangs does not keep the process for ever', async () => {
    const store = await storeOn(server());
    server().pause();
    try {
      const program = `await postgres({ connectionString: ${JSON.stringify(store.database.url)}, timeout: 300 }).set({ a: '1' }, { author: 'ann', reason: 'test' }).catch(({ code }) => console.log(code));`;
      expect(await run(program)).toBe('CALUMMA_SOURCE 0');
    } finally {
      server().resume();
    }
  });

  test('readers and writers that came and went leave nothing behind', { timeout: 60_000 }, async () => {
    const store = await storeOn(server());
    const source = postgres(store.options());
    const round = async (n: number): Promise<void> => {
      await source.set({ a: n }, { author: 'ann', reason: 'test' });
      const reader = follow(source);
      await until(() => reader.entries.get('a') === String(n), reader.thrown);
      await reader.stop();
    };
    const handles = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    for (let n = 0; n < 20; n++) await round(n);
    const [before, memory] = [handles(), used()];
    for (let n = 0; n < 100; n++) await round(n);
    await until(() => handles() <= before, handles);
    expect(used() - memory).toBeLessThan(3_000_000);
  });
});

function used(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
