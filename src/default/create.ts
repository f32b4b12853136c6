import type { Config } from '../runtime/config.js';
import { LiveConfig } from '../runtime/live-config.js';
import type { ConfigOptions } from '../runtime/options.js';
import { memoryIn } from '../sources/cache/index.js';

/**
 * Makes a config of layers, highest priority first. Local layers (values, args, env, file, files, directory) are read
 * before it returns, so the first `get()` is right; remote ones start in the background, with what `cacheDir` remembers of them.
 *
 * @throws ConfigError `CALUMMA_OPTION` for a wrong option, `CALUMMA_DUPLICATE_LAYER`; never for what a source does
 * @example
 * const config = createConfig({ layers: [env(), files('config/application')] });
 * const limit = config.getIntProperty('gateway.limit', 100);
 */
export function createConfig(options: ConfigOptions): Config {
  return liveConfig(options);
}

/** The same, as the default instance needs it. */
export function liveConfig(options: ConfigOptions): LiveConfig {
  return new LiveConfig(options, { memoryIn });
}
