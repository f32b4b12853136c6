import path from 'node:path';

import type { Source } from '../../core/model.js';
import type { Format } from '../../formats/format.js';
import { requireFormatForPath, type FormatLike } from '../../formats/registry.js';
import { checkFlag, checkOptions, checkText } from '../../core/check.js';
import { commonOf, commonOptions, formatOption, type CommonFileOptions } from './file-options.js';
import { FileSet } from './file-set.js';
import { followFiles } from './follow.js';

export interface FileOptions extends CommonFileOptions {
  /** A format or its name. Default: by the file's extension. */
  readonly format?: string | FormatLike;
  /** A missing file is an error, and the last reading stays. Default false: it is an empty layer until it comes. */
  readonly required?: boolean;
}

/**
 * One file, followed. It is watched also while it does not exist. `.properties` files may include others with `@next`.
 * Origins read `file:<path>:<line>`.
 *
 * What does not parse or cannot be read is reported, and the last reading stays until the file is good again.
 *
 * @param filePath absolute, or relative to the working folder of this moment
 * @param options.name default `file:<path>`
 * @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_UNKNOWN_FORMAT`
 * @example const settings = file('config/gateway.yaml', { required: true });
 */
export function file(filePath: string, options: FileOptions = {}): Source {
  checkText('file(path)', filePath);
  checkOptions('file', options, ['format', 'required', ...commonOptions]);
  const { format, required = false } = options;
  const { encoding, watch, observer, name } = commonOf('file', options, `file:${filePath}`);
  checkFlag('file({ required })', required);
  const spec = {
    path: path.resolve(filePath),
    shown: filePath,
    format: formatOf(filePath, format),
    encoding,
    required,
  };
  return followFiles({ name, watch, observer, begin: (context, before) => new FileSet([spec], context, before) });
}

function formatOf(filePath: string, format: FileOptions['format']): Format {
  return format === undefined ? requireFormatForPath(filePath) : formatOption('file({ format })', format);
}
