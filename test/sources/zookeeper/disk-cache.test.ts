import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { createConfig, values, type Config } from '../../../src/index.js';
import { zookeeper } from '../../../src/sources/zookeeper/index.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startZookeeper } from '../../harness/servers/zookeeper.js';
import { recalled, scratch, script } from '../cache/rig.js';
import { until } from '../following.js';
import { unprivileged } from '../watch/rig.js';
import { freshRoot, put, useClient } from './rig.js';

interface Fault {
  readonly name: string;
  readonly harm: (path: string) => unknown;
  readonly found: string;
}

const faults: readonly Fault[] = [
  { name: 'cut off', harm: (path) => truncateSync(path, statSync(path).size - 5), found: 'that it is cut off or damaged' },
  {
    name: 'with a flipped bit',
    harm(path) {
      const bytes = readFileSync(path);
      const at = bytes.lastIndexOf('"2"') + 1;
      bytes[at]! ^= 1;
      writeFileSync(path, bytes);
    },
    found: 'that it is cut off or damaged',
  },
  { name: 'of another version of the format', harm: (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('calumma-cache/1', 'calumma-cache/9')), found: 'the format "calumma-cache/9"' },
  { name: 'of no bytes', harm: (path) => truncateSync(path), found: 'an empty file' },
  {
    name: 'that is a folder',
    harm(path) {
      rmSync(path);
      mkdirSync(path);
    },
    found: 'a folder in its place',
  },
  { name: 'that may not be read', harm: (path) => chmodSync(path, 0), found: 'that permission is denied (EACCES)' },
];

// A port that nobody listens on: ZooKeeper is down.
const nowhere = '127.0.0.1:1';

describeWith('zookeeper', 'the disk cache of zookeeper()', () => {
  const server = useServer(() => startZookeeper());
  const open = useClient(() => server().url);
  const bundle = mkdtempSync(join(tmpdir(), 'calumma-zk-cache-'));
  beforeAll(async () => {
    const cwd = resolve(import.meta.dirname, '../../..');
    const built = await rolldown({ cwd, input: { index: 'src/index.ts', zookeeper: 'src/entries/zookeeper.ts' }, platform: 'node', external: [/^node:/] });
    await built.write({ dir: bundle, entryFileNames: '[name].mjs' });
    await built.close();
  }, 60_000);
  afterAll(() => rmSync(bundle, { recursive: true }));

  /** Servers that are down now, of an ensemble that the one here was once a part of. */
  const down = (root: string, connect = `${server().url},${nowhere}`) => ({ connect: connect.replace(server().url, '127.0.0.1:2'), root });

  /** A folder in which a config has kept first `a=1` and then `a=2`. */
  async function twoKept(root: string): Promise<{ readonly cacheDir: string; readonly path: string }> {
    const cacheDir = scratch();
    const zk = open();
    await put(zk, `${root}/a`, '1');
    for (const value of ['1', '2']) {
      await put(zk, `${root}/a`, value);
      await using config = createConfig({ layers: [zookeeper({ connect: `${server().url},${nowhere}`, root })], cacheDir, onError: () => undefined });
      await config.ready();
      await until(() => config.get('a') === value);
    }
    return { cacheDir, path: join(cacheDir, 'zookeeper.cache') };
  }

  /** Starts without a server. A property of the layer below shows what is left when nothing is remembered. */
  function start(source: { connect: string; root: string }, cacheDir: string): { config: Config; told: string[] } {
    const told: string[] = [];
    const config = createConfig({
      layers: [zookeeper(source), values({ a: 'default' }, { name: 'defaults' })],
      cacheDir,
      onError: ({ code, message }) => {
        if (code === 'CALUMMA_CACHE') told.push(message);
      },
    });
    onTestFinished(() => config.close());
    return { config, told };
  }

  test.each(faults)('77: a file $name is refused with its reason; the one before it is used, and then the defaults', async ({ harm, found }) => {
    const root = freshRoot();
    const { cacheDir, path } = await twoKept(root);
    expect(start(down(root), cacheDir).config.get('a')).toBe('2');
    const look = async (value: string, reasons: number): Promise<void> => {
      const { config, told } = start(down(root), cacheDir);
      expect([config.get('a'), told.length]).toEqual([value, reasons]);
      for (const message of told) expect(message).toContain(`zookeeper: expected what the disk cache kept, found ${found}`);
      await config.close();
    };
    chmodSync(cacheDir, 0o755);
    chmodSync(`${path}.previous`, 0o644);
    await harm(path);
    const isLocked = found.includes('EACCES');
    await (isLocked ? unprivileged(() => look('1', 1)) : look('1', 1));
    if (found.includes('damaged')) truncateSync(`${path}.previous`, statSync(`${path}.previous`).size - 5);
    else await harm(`${path}.previous`);
    await (isLocked ? unprivileged(() => look('default', 2)) : look('default', 2));
  });

  test('77: what was kept from another root or another ensemble is refused, naming both; one server in common is the same ensemble', async () => {
    const root = freshRoot();
    const { cacheDir, path } = await twoKept(root);
    const kept = `${server().url}${root}, ${nowhere}${root}`;
    for (const [source, theirs] of [
      [{ connect: nowhere, root: `${root}-other` }, `${nowhere}${root}-other`],
      [{ connect: `${nowhere}/chroot`, root }, `${nowhere}/chroot${root}`],
      [{ connect: '127.0.0.1:2', root }, `127.0.0.1:2${root}`],
    ] as const) {
      const { config, told } = start(source, cacheDir);
      expect([config.get('a'), told]).toEqual(['default', [path, `${path}.previous`].map((one) => `zookeeper: expected what the disk cache kept, found what was kept from "${kept}", not from "${theirs}"; nothing is remembered (cache:${one})`)]);
      await config.close();
    }
    const { config, told } = start({ connect: `127.0.0.1:2,${nowhere}`, root }, cacheDir);
    expect([config.get('a'), told]).toEqual(['2', []]);
  });

  const reader = `
    import { cached, createConfig } from './index.mjs';
    import { zookeeper } from './zookeeper.mjs';
    const [path, connect, root] = process.argv.slice(2);
    const source = cached(zookeeper({ connect, root }), path, { writeEveryMs: 0 });
    const config = createConfig({ layers: [source], onError: (error) => console.log('problem: ' + error.message) });
    console.log(config.get('k0'));
    config.on('change', () => console.log(config.get('k0')));
    setInterval(() => undefined, 1_000);
  `;

  const nodes = Array.from({ length: 300 }, (_, index) => `k${index}`);

  test('76: a config that is killed at any moment while it keeps what it reads leaves a whole state, never an older one than was found before', async () => {
    const zk = open();
    const root = freshRoot();
    const path = join(scratch(), 'zookeeper.cache');
    await zk.create(root);
    await zk.multi(nodes.map((node) => ({ op: 'create', path: `${root}/${node}`, data: '0' }) as const));
    let state = 0;
    let last = 0;
    const write = async (): Promise<void> => {
      state += 1;
      await zk.multi(nodes.map((node) => ({ op: 'set', path: `${root}/${node}`, data: String(state) }) as const));
    };
    for (let round = 0; round < 6; round += 1) {
      const running = script(bundle, reader, path, server().url, root);
      for (let change = 0; change < 3; change += 1) {
        await until(() => running.lines.at(-1) === String(state), () => running.lines.slice(-3));
        await write();
      }
      await sleep(Math.random() * 40);
      running.child.kill('SIGKILL');
      expect(await running.ended).toBe('SIGKILL');
      const { entries = {}, told } = recalled(path, { layer: 'zookeeper' });
      const states = new Set(Object.values(entries));
      expect([told, Object.keys(entries).length, states.size]).toEqual([[], 300, 1]);
      const found = Number([...states][0]);
      expect([found >= last, found <= state]).toEqual([true, true]);
      last = found;
    }
    expect(last).toBeGreaterThan(0);
  }, 60_000);
});
