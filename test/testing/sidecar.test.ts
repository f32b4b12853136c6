import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createConfig, memory, sidecar, type SidecarSourceOptions, type Source } from '../../src/index.js';
import { startSidecar } from '../../src/entries/sidecar.js';
import { sqlite } from '../../src/entries/sqlite.js';
import type { Rig } from '../../src/testing/index.js';
import { openProxy } from '../harness/proxy.js';
import { until } from '../sources/following.js';
import { withoutStreams } from '../sources/sidecar/hosts.js';
import { conform } from './conform.js';

/** What can be read; writing needs a store behind the sidecar. */
function readable(source: Source): Source {
  return { name: source.name, readings: (signal, host) => source.readings(signal, host) };
}

/** A sidecar over a layer in memory, asked through a TCP proxy. */
async function openRig(options: SidecarSourceOptions = {}, between: (port: number) => Promise<{ port: number; close: () => unknown }> = straight): Promise<Rig> {
  const feed = memory({});
  const config = createConfig({ layers: [feed], interpolate: false, context: {}, redact: [] });
  const running = await startSidecar({ configs: { default: config }, listen: { port: 0 } });
  const middle = await between(Number(new URL(running.url!).port));
  const proxy = await openProxy(middle.port);
  const entries = new Map<string, string>();
  const change = (act: () => void): void => {
    act();
    feed.replace(Object.fromEntries(entries));
  };
  return {
    source: readable(sidecar({ url: `http://127.0.0.1:${proxy.port}`, ...options })),
    put: (key, value) => change(() => entries.set(key, value)),
    remove: (key) => change(() => entries.delete(key)),
    putAll: (some) => change(() => some.forEach((value, key) => entries.set(key, value))),
    breakDown: () => proxy.refuse(),
    repair: () => proxy.heal(),
    originOf: (key) => new RegExp(`^sidecar:http://127\\.0\\.0\\.1:\\d+/default/${key}$`),
    close: async () => {
      await proxy.close();
      await middle.close();
      await running.close({ drainMs: 0 });
      await config.close();
    },
  };
}

/** A sidecar over a store that can be written, with a token. */
async function openWritableRig(): Promise<Rig> {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-conform-'));
  const tokenFile = path.join(folder, 'tokens');
  writeFileSync(tokenFile, 'tok-1 name=door write\n', { mode: 0o600 });
  const store = sqlite({ path: path.join(folder, 'config.db'), create: true, every: 10 });
  const config = createConfig({ layers: [store], interpolate: false, context: {}, redact: [] });
  await config.ready();
  const running = await startSidecar({ configs: { default: config }, listen: { port: 0 }, tokenFile });
  const why = { author: 'back door', reason: 'conformance' };
  // What is there is what the sidecar has read of its store.
  const putAll = async (entries: ReadonlyMap<string, string>): Promise<void> => {
    await store.set(entries, why);
    await until(() => [...entries].every(([key, value]) => config.get(key) === value));
  };
  return {
    source: sidecar({ url: running.url!, token: 'tok-1' }),
    put: (key, value) => putAll(new Map([[key, value]])),
    remove: async (key) => {
      await store.delete(key, why);
      await until(() => !config.has(key));
    },
    putAll,
    ownVersions: true,
    authorOf: (author) => `${author} (door)`,
    originOf: () => /^sidecar:http:/,
    close: async () => {
      await running.close({ drainMs: 0 });
      await config.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const straight = (port: number) => Promise.resolve({ port, close: () => undefined });

conform('sidecar()', () => openRig());
conform('sidecar() where no stream comes through', () => openRig({}, withoutStreams));
conform('sidecar() over a store that can be written', () => openWritableRig());
