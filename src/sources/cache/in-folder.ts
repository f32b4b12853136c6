import { join } from 'node:path';

import { checkText } from '../../core/check.js';
import type { Memory } from '../../core/model.js';
import { DiskMemory } from './disk-memory.js';
import { fileNameOf } from './file-name.js';
import { type CachedOptions, cacheSettings } from './options.js';

/**
 * The memory of one layer in a folder that many share, in a file that is named after the layer: `postgres.cache`.
 *
 * @param folder absolute, or relative to the working folder of this moment; made when it is first written to
 * @throws ConfigError `CALUMMA_OPTION`
 */
export function memoryIn(folder: string, layer: string, options: CachedOptions = {}): Memory {
  checkText('cacheDir', folder);
  return new DiskMemory(layer, join(folder, fileNameOf(layer)), cacheSettings('cache', options, (name) => `createConfig({ cache: { ${name} } })`));
}
