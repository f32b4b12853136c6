import { onTestFinished } from 'vitest';
import { type ChangeSet, type Config, type ConfigError, type ConfigOptions, createConfig, type LayerHealth, type Source } from '../../../src/index.js';
import { until } from '../following.js';

export interface Watched {
  readonly config: Config;
  readonly errors: ConfigError[];
  readonly changes: ChangeSet[];
  /** The states that the layer took, in order. */
  readonly states: string[];
  readonly layer: () => LayerHealth;
  readonly shown: () => Record<string, string>;
}

/** A config of one layer, once that is ready or something went wrong; closed with the test. */
export async function watched(source: Source, options: Partial<ConfigOptions> = {}): Promise<Watched> {
  const errors: ConfigError[] = [];
  const changes: ChangeSet[] = [];
  const states: string[] = [];
  const config = createConfig({ layers: [source], context: {}, onError: (error) => errors.push(error), ...options });
  onTestFinished(() => config.close());
  config.on('change', (set) => changes.push(set));
  config.on('state', (change) => states.push(change.state));
  let ready = false;
  void config.ready({ timeoutMs: 10_000 }).then(() => (ready = true), (error: unknown) => errors.push(error as ConfigError));
  await until(() => ready || errors.length > 0);
  return { config, errors, changes, states, layer: () => config.health().layers[0]!, shown: () => Object.fromEntries(config.entries()) };
}

/** Everything a user could see of an error. */
export function allWords(error: unknown): string {
  const words: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    words.push(at.message, JSON.stringify(Object.entries(at)));
    if (at instanceof AggregateError) words.push(...at.errors.map(allWords));
  }
  return words.join('\n');
}
