import { existsSync } from 'node:fs';

import { type Config, type ConfigError, type ConfigOptions, createConfig, describesSame, type Description, readDescription, standardOptions } from '../../index.js';
import type { Log } from './log.js';
import { Errors, sayStates } from './sayings.js';

export type Configs = Readonly<Record<string, Config>>;

/** What a sidecar serves, and the description it was made from; without one, the standard layers. */
export interface Cascades {
  readonly path: string | undefined;
  readonly description: Description | undefined;
  readonly configs: Configs;
}

/** Where the description is: asked for, named by the environment, or simply there. */
export function pathOf(asked: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return asked ?? env.CALUMMA_CONFIG ?? (existsSync('calumma.yaml') ? 'calumma.yaml' : undefined);
}

/** @throws ConfigError as `readDescription` and `createConfig` do; then nothing is open */
export function openCascades(path: string | undefined, log: Log): Cascades {
  if (path === undefined) return { path, description: undefined, configs: make({ default: standardOptions(process.env) }, log) };
  const description = readDescription(path);
  return { path, description, configs: make(description.configs, log) };
}

/**
 * The same from a description that is read anew: what it says otherwise of a config is made, the rest is taken over.
 *
 * @returns with `made`: the names of the configs that are new or other ones
 * @throws ConfigError as `openCascades`
 */
export function reopen(before: Cascades, path: string, log: Log): { readonly cascades: Cascades; readonly made: Configs } {
  const description = readDescription(path);
  const isSame = (name: string): boolean => before.configs[name] !== undefined && before.description !== undefined && describesSame(before.description, description, name);
  const made = make(Object.fromEntries(Object.entries(description.configs).filter(([name]) => !isSame(name))), log);
  const kept = Object.keys(description.configs).map((name) => [name, made[name] ?? before.configs[name]] as const);
  return { cascades: { path, description, configs: recordOf(kept) }, made };
}

export async function closeAll(configs: Configs): Promise<void> {
  await Promise.all(Object.values(configs).map((config) => config.close()));
}

/** Without a prototype: `__proto__` and `constructor` are names like any other. */
function recordOf(all: Iterable<readonly [string, Config | undefined]> = []): Record<string, Config> {
  return Object.assign(Object.create(null), Object.fromEntries(all)) as Record<string, Config>;
}

function make(all: Readonly<Record<string, ConfigOptions>>, log: Log): Configs {
  const configs = recordOf();
  try {
    for (const [name, options] of Object.entries(all)) configs[name] = spoken(name, options, log);
    return configs;
  } catch (error) {
    void closeAll(configs);
    throw error;
  }
}

function spoken(name: string, options: ConfigOptions, log: Log): Config {
  const errors = new Errors(name, log);
  const config = createConfig({ ...options, onError: (error: ConfigError) => errors.say(error) });
  sayStates(name, config, log, () => errors.forget());
  return withoutArgs(config);
}

/** The words after `calumma` are ours, not those of an application. */
function withoutArgs(config: Config): Config {
  if (config.layers.includes('args')) config.removeLayer('args');
  return config;
}
