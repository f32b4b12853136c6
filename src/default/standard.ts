import { existsSync } from 'node:fs';
import type { ConfigError } from '../core/errors.js';
import type { Source } from '../core/model.js';
import type { ConfigOptions } from '../runtime/options.js';
import { args } from '../sources/args.js';
import { env } from '../sources/env.js';
import { files } from '../sources/files/files.js';
import { url } from '../sources/url/url.js';
import { readDescription } from './description.js';

/** What the default config is made of when nobody says otherwise. */
export function standardOptions(environment: NodeJS.ProcessEnv): ConfigOptions {
  const path = environment.CALUMMA_CONFIG ?? 'calumma.yaml';
  if (environment.CALUMMA_CONFIG !== undefined || existsSync(path)) {
    const described = describedOptions(path, environment);
    if (described !== undefined) return described;
  }
  const addresses = (environment.CALUMMA_URLS ?? '').split(',').map((address) => address.trim()).filter((address) => address !== '');
  const folders = [environment.CALUMMA_CONFIG_DIR, 'config', '.'].filter((folder) => folder !== undefined && folder !== '');
  return { layers: [args(), env(), ...distinct(addresses.flatMap(addressed)), files({ name: 'application', in: folders as string[] }, { name: 'files:application' })] };
}

/** An address that stands there twice is one layer. */
function distinct(sources: readonly Source[]): Source[] {
  return [...new Map(sources.map((source) => [source.name, source])).values()];
}

// A slip in the variable must not make the first getStringProperty() of an application throw either.
function addressed(address: string): Source[] {
  try {
    return [url(address)];
  } catch (error) {
    const { message, code } = error as ConfigError;
    process.emitWarning(`CALUMMA_URLS: ${message}; this address is left out`, { type: 'CalummaWarning', code });
    return [];
  }
}

// A slip in calumma.yaml must not make the first getStringProperty() of an application throw: it is said, and the
// standard layers serve. Who wants it to be fatal calls configFromFile().
function describedOptions(path: string, environment: NodeJS.ProcessEnv): ConfigOptions | undefined {
  try {
    return readDescription(path, environment).options;
  } catch (error) {
    const { message, code } = error as ConfigError;
    process.emitWarning(`the standard layers are used instead of what ${path} describes: ${message}`, { type: 'CalummaWarning', code });
    return undefined;
  }
}
