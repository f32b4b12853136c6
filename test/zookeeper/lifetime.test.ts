import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { ZooKeeperClient } from '../../src/zookeeper/index.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, statesOf, useClients } from './rig.js';

describeWith('zookeeper', 'the life of a client', () => {
  const zookeeper = useServer(startZookeeper);
  const open = useClients();
  const folder = mkdtempSync(join(tmpdir(), 'calumma-zk-life-'));
  beforeAll(async () => {
    const bundle = await rolldown({ cwd: resolve(import.meta.dirname, '../..'), input: { zookeeper: 'src/zookeeper/index.ts', tree: 'src/zookeeper/tree/index.ts' }, platform: 'node', external: [/^node:/] });
    await bundle.write({ dir: folder, entryFileNames: '[name].mjs' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a program that has `zk`; resolves with what it printed and its exit code when it ends by itself. */
  async function run(program: string, options = '', url = zookeeper().url): Promise<string> {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, `import { ZooKeeperClient } from './zookeeper.mjs';\nimport { TreeCache } from './tree.mjs';\nconst zk = new ZooKeeperClient({ connect: '${url}', ${options} });\n${program}`);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (text.includes('kept')) child.kill();
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return `${printed.trim()} ${signal ?? code}`.trim();
  }

  test('a process that forgot to close ends, with watches and a session', async () => {
    expect(await run(`await zk.addWatch('/', () => undefined, { recursive: true }); console.log(zk.state);`)).toBe('connected 0');
  });

  test('a process lives until its requests are answered, also before there is a connection', async () => {
    const proxy = await openProxy(zookeeper().port);
    await proxy.refuse();
    const running = run(`console.log((await zk.exists('/')) !== undefined);`, '', `127.0.0.1:${proxy.port}`);
    const before = open(zookeeper().url);
    await before.connect();
    await proxy.heal();
    expect(await running).toBe('true 0');
    expect(await run(`await zk.addAuth('digest', 'a:b'); await zk.connect(); console.log('in'); await zk.close(); console.log('out');`)).toBe('in\nout 0');
    await proxy.close();
  });

  test('a client that was never asked anything keeps nothing', async () => {
    expect(await run(`console.log(zk.state);`)).toBe('suspended 0');
  });

  test('a cache alone, or a call in the background, keeps no process alive, also without any server; who waits for it does', async () => {
    const nowhere = '127.0.0.1:1';
    expect(await run(`new TreeCache(zk, '/').start(); setTimeout(() => console.log(zk.state), 100);`, '', nowhere)).toBe('suspended 0');
    expect(await run(`void zk.exists('/', { background: true }); void zk.addWatch('/', () => 1, { background: true }); setTimeout(() => console.log('end'), 100);`, '', nowhere)).toBe('end 0');
    for (const whileSuspended of ['wait', 'fail']) {
      const program = `setTimeout(() => setTimeout(() => console.log('kept'), 100).unref(), 100).unref(); await new TreeCache(zk, '/').start().ready();`;
      expect(await run(program, `whileSuspended: '${whileSuspended}'`, nowhere)).toBe('kept SIGTERM');
    }
  });

  test('with keepAlive the process stays', async () => {
    const program = `await zk.connect(); setTimeout(() => setTimeout(() => console.log('kept'), 100).unref(), 100).unref();`;
    expect(await run(program, 'keepAlive: true')).toBe('kept SIGTERM');
    expect(await run(program)).toBe('0');
  });

  test('1,000 clients that came and went leave nothing behind', async () => {
    const round = async () => {
      const zk = new ZooKeeperClient({ connect: zookeeper().url });
      const abort = new AbortController();
      zk.on('state', () => undefined, { signal: abort.signal });
      await zk.addWatch('/', () => undefined, { signal: abort.signal });
      await zk.getData('/', { watch: () => undefined, signal: abort.signal });
      await zk.close();
    };
    for (let count = 0; count < 100; count += 1) await round();
    const before = memory();
    for (let count = 0; count < 1_000; count += 1) await round();
    expect(memory() - before).toBeLessThan(1_500_000);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length).toBeLessThan(3);
  }, 60_000);

  test('requests and signals are let go of, answered or given up', async () => {
    const proxy = await openProxy(zookeeper().port);
    const zk = open(`127.0.0.1:${proxy.port}`);
    const path = await freshNode(zk);
    const forever = new AbortController();
    const work = async (count: number) => {
      for (let at = 0; at < count; at += 100) {
        await Promise.all(Array.from({ length: 100 }, () => zk.setData(path, 'x'.repeat(1_000), { signal: forever.signal })));
      }
    };
    await work(2_000);
    const before = memory();
    await work(8_000);
    expect(memory() - before).toBeLessThan(1_000_000);
    const states = statesOf(zk);
    await proxy.refuse();
    await until(() => states.length === 1);
    const given = memory();
    for (let count = 0; count < 10_000; count += 1) {
      const enough = new AbortController();
      const waiting = codeOf(zk.setData(path, 'x'.repeat(1_000), { signal: enough.signal }));
      enough.abort();
      await waiting;
    }
    expect(memory() - given).toBeLessThan(1_000_000);
    await proxy.close();
  }, 60_000);

  test('one-shot watches that fired, and removed ones, are let go of', async () => {
    const zk = open(zookeeper().url);
    const path = await freshNode(zk);
    const work = async (count: number) => {
      for (let at = 0; at < count; at += 1) {
        await zk.exists(`${path}/x`, { watch: () => undefined });
        const watch = await zk.addWatch(`${path}/y${at}`, () => undefined);
        await Promise.all([zk.create(`${path}/x`), zk.delete(`${path}/x`), watch.remove()]);
      }
    };
    await work(100);
    const before = memory();
    await work(500);
    expect(memory() - before).toBeLessThan(500_000);
  }, 60_000);

  function memory(): number {
    for (const _ of [1, 2, 3]) globalThis.gc!();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }
});
