import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { type Config, ConfigError, createConfig, files as filesSource, sidecar as sidecarSource, type Source, values, type Writable } from '../../index.js';
import type { Sidecar } from '../../sidecar/index.js';
import { type DemoFiles, makeDemoFiles } from './files.js';
import { type Gateway, startGateway } from './gateway.js';
import { type Limits, limitsOf } from './limits.js';

/** Everything the demo shows, up and running. */
export interface Stage {
  readonly files: DemoFiles;
  /** The database file that the sidecar writes to; `undefined` where there is no driver for it. */
  readonly database: string | undefined;
  /** What the sidecar serves. */
  readonly served: Config;
  readonly sidecar: Sidecar & { readonly url: string };
  /** Who has it may write. */
  readonly token: string;
  /** What the gateway has of the sidecar. */
  readonly config: Config;
  readonly limits: Limits;
  readonly gateway: Gateway;
}

/** Sets the stage up, lets `play` run on it, and clears all of it away again, whatever happened in between. */
export async function onStage(onError: (error: ConfigError) => void, play: (stage: Stage) => Promise<void>): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    const files = await makeDemoFiles();
    undo.unshift(() => files.remove());
    const store = await storeIn(files.folder);
    const served = servedFrom(files, store?.source, onError);
    undo.unshift(() => served.close());
    const token = randomBytes(12).toString('base64url');
    const sidecar = await sidecarOn(served, files.folder, token);
    undo.unshift(() => sidecar.close({ drainMs: 500 }));
    const config = createConfig({ layers: [sidecarSource({ url: sidecar.url })], onError });
    undo.unshift(() => config.close());
    await config.ready();
    const limits = limitsOf(config);
    const gateway = await startGateway(limits);
    undo.unshift(() => gateway.close());
    await play({ files, database: store?.path, served, sidecar, token, config, limits, gateway });
  } finally {
    for (const step of undo) await step();
  }
}

interface Store {
  readonly path: string;
  readonly source: Source & Writable;
}

/** A database in a file, where Node or a package brings a driver for it. */
async function storeIn(folder: string): Promise<Store | undefined> {
  const { sqlite } = await import('../../entries/sqlite.js');
  const file = path.join(folder, 'live.db');
  const source = sqlite({ path: file, create: true });
  try {
    await source.history(undefined, 1);
    return { path: file, source };
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'CALUMMA_CLIENT') return undefined;
    throw error;
  }
}

function servedFrom(files: DemoFiles, store: Source | undefined, onError: (error: ConfigError) => void): Config {
  const defaults = { 'gateway.rate.limit': 10, 'gateway.allowed.hosts': '127.0.0.1', 'gateway.timeout': '2s' };
  return createConfig({
    layers: [...(store === undefined ? [] : [{ source: store, name: 'store' }]), filesSource(files.base, { name: 'files' }), values(defaults, { name: 'defaults' })],
    context: { environment: 'prod' },
    onError,
  });
}

async function sidecarOn(served: Config, folder: string, token: string): Promise<Stage['sidecar']> {
  const tokenFile = path.join(folder, 'tokens');
  await writeFile(tokenFile, `${token} name=demo write\n`, { mode: 0o600 });
  // Loaded when asked for: it brings a server along that no other command needs.
  const { startSidecar } = await import('../../sidecar/index.js');
  const sidecar = await startSidecar({ configs: { default: served }, listen: { port: 0 }, tokenFile });
  return sidecar as Stage['sidecar'];
}
