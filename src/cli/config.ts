import { existsSync } from 'node:fs';

import type { ConfigChoice } from './access/access.js';
import { Failure } from './exit.js';
import { type Config, type ConfigOptions, createConfig, nearest, readDescription, standardOptions } from '../index.js';

type Layer = ConfigOptions['layers'][number];

export function nameOfLayer(layer: Layer): string {
  return 'source' in layer ? (layer.name ?? layer.source.name) : layer.name;
}

/**
 * The options of the cascade the user means; without `--config` that of an application started in this folder, but for `args`: the words
 * after `calumma` are ours, not the application's.
 */
export function optionsOf({ config, namespace = 'default' }: ConfigChoice, environment: NodeJS.ProcessEnv = process.env): ConfigOptions {
  const options = config === undefined && namespace === 'default' ? standardOptions(environment) : described(config, namespace, environment);
  return config === undefined ? { ...options, layers: options.layers.filter((layer) => nameOfLayer(layer) !== 'args') } : options;
}

/**
 * The same for what is given on to others, a program or a file: a slip in calumma.yaml must not hand them the standard layers instead.
 *
 * @throws ConfigError
 */
export function faithfulOptionsOf(choice: ConfigChoice, environment: NodeJS.ProcessEnv = process.env): ConfigOptions {
  const path = choice.config === undefined ? descriptionPath(environment) : undefined;
  if (path !== undefined) readDescription(path, environment);
  return optionsOf(choice, environment);
}

function described(config: string | undefined, namespace: string, environment: NodeJS.ProcessEnv): ConfigOptions {
  const file = config ?? descriptionPath(environment);
  if (file === undefined) throw new Failure(`there is no calumma.yaml here that could have a namespace ${JSON.stringify(namespace)}`);
  const { configs } = readDescription(file, environment);
  const options = Object.hasOwn(configs, namespace) ? configs[namespace] : undefined;
  if (options !== undefined) return options;
  const close = nearest(namespace, Object.keys(configs));
  throw new Failure(`${file}: no config is called ${JSON.stringify(namespace)}${close === undefined ? '' : `; did you mean ${close}?`} It has ${Object.keys(configs).join(', ')}`);
}

/** The description that an application started here would read. */
export function descriptionPath(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.CALUMMA_CONFIG !== undefined) return environment.CALUMMA_CONFIG;
  return existsSync('calumma.yaml') ? 'calumma.yaml' : undefined;
}

/** The config the user means, read as far as it can be at once. */
export function configOf(choice: ConfigChoice): Config {
  return createConfig(optionsOf(choice));
}

/** Lends a config of these options, read and ready, and closes it. */
export async function withConfig<T>(options: ConfigOptions, use: (config: Config) => T | Promise<T>): Promise<T> {
  const config = createConfig(options);
  try {
    await config.ready();
    return await use(config);
  } finally {
    await config.close();
  }
}
