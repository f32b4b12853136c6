import { statSync } from 'node:fs';

import { file } from '../../index.js';
import { Failure } from '../exit.js';

/**
 * What stands in a file of any format, as it stands there: references are not filled in.
 *
 * @throws Failure when there is no such file; ConfigError when it does not parse
 */
export function entriesOfFile(path: string): ReadonlyMap<string, string> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure(`${path}: no such file`);
  if (stat.isDirectory()) throw new Failure(`${path}: expected a file, found a folder`);
  const reading = file(path, { watch: false }).readNow?.();
  return reading?.kind === 'full' ? reading.entries : new Map();
}
