import { existsSync } from 'node:fs';
import path from 'node:path';

import type { Source } from '../../core/model.js';
import { checkOptions, checkText } from '../../core/check.js';
import { commonOf, commonOptions, type CommonFileOptions } from './file-options.js';
import { FolderSet } from './folder-set.js';
import { followFiles } from './follow.js';

export type DirectoryOptions = CommonFileOptions;

/**
 * A folder with one file a key, as Kubernetes mounts a ConfigMap and Docker its secrets: the file's name is the key,
 * its content the value. One newline at the end is dropped. Subfolders and names that begin with a dot are left out.
 * A folder that is not there yet is an empty layer; a file in its place is an error. Origins read `directory:<path>/<key>`.
 *
 * All or nothing: while one of the files cannot be read or is no text, the last reading stays.
 *
 * @param folderPath absolute, or relative to the working folder of this moment
 * @param options.name default `directory:<path>`
 * @throws ConfigError `CALUMMA_OPTION`
 * @example const secrets = directory('/run/secrets');
 */
export function directory(folderPath: string, options: DirectoryOptions = {}): Source {
  checkText('directory(path)', folderPath);
  checkOptions('directory', options, commonOptions);
  const { encoding, watch, observer, name } = commonOf('directory', options, `directory:${folderPath}`);
  const absolute = path.resolve(folderPath);
  const folder = { path: absolute, shown: folderPath, encoding, isTaken: () => existsSync(absolute) };
  return followFiles({ name, watch, observer, begin: () => new FolderSet(folder) });
}
