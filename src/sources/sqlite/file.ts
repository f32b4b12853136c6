import { accessSync, constants, statSync, type Stats } from 'node:fs';

import { causeOf, reasonOf } from '../../core/check.js';
import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { Scene } from './errors.js';

/**
 * The file of a database, as it lies there.
 *
 * @throws SourceError when there is none, or something else
 */
export function statFile(path: string, scene: Scene): Stats {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new SourceError(`${expected(scene)} something that is no file`);
    return stats;
  } catch (error) {
    throw unreadable(error, scene);
  }
}

/** Which file it is: another one may have come in its place. */
export function placeOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** @throws SourceError when there is no file, or one that may not be read */
export function checkFile(path: string, scene: Scene): void {
  statFile(path, scene);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(error, scene);
  }
}

function unreadable(error: unknown, scene: Scene): SourceError {
  if (error instanceof SourceError) return error;
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
    return new SourceError(`${expected(scene)} that it cannot be read: ${reasonOf(error)}`, { cause: causeOf(error) });
  }
  return new SourceError(`${expected(scene)} none: it is read as soon as it comes; sqlite({ create: true }) makes one`, { cause: error });
}

function expected({ layer, file }: Scene): string {
  return `${layer}: expected a database file at ${quote(file)}, found`;
}
