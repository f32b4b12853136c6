import { type Config, type ConfigError, createConfig, files as filesSource, values } from '../../index.js';
import { type DemoFiles, makeDemoFiles } from './files.js';
import { type Gateway, startGateway } from './gateway.js';
import { type Limits, limitsOf } from './limits.js';

/** Everything the demo shows, up and running. */
export interface Stage {
  readonly files: DemoFiles;
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
    const config = configOf(files, onError);
    undo.unshift(() => config.close());
    const limits = limitsOf(config);
    const gateway = await startGateway(limits);
    undo.unshift(() => gateway.close());
    await play({ files, config, limits, gateway });
  } finally {
    for (const step of undo) await step();
  }
}

function configOf(files: DemoFiles, onError: (error: ConfigError) => void): Config {
  const defaults = { 'gateway.rate.limit': 10, 'gateway.allowed.hosts': '127.0.0.1', 'gateway.timeout': '2s' };
  return createConfig({
    layers: [filesSource(files.base, { name: 'files' }), values(defaults, { name: 'defaults' })],
    context: { environment: 'prod' },
    onError,
  });
}
