import { link, lstat, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { bodyLines, type Header, headerLine } from './content.js';
import type { Listed } from './listed.js';
import type { Places } from './place.js';
import { largestFile, largestHeader } from './read.js';
import type { SeenFiles } from './recall.js';
import { Refusal } from './refusal.js';
import { type Lock, seal } from './seal.js';
import { temporaryName } from './temporary.js';

interface Written {
  readonly header: Header;
  readonly listed: Listed;
  readonly lock: Lock | undefined;
}

/**
 * Puts a new file in the place of the current one. At every instant one of the two is there and whole:
 *
 *   temp written, fsync ─ link current to spare ─ rename spare to previous ─ rename temp to current ─ fsync folder
 *
 * @param seen what is known of the files: a current one that is not good must not take the place of a previous one that is
 * @throws Refusal, or the system's error; what was there before is still there then
 */
export async function replaceCache(places: Places, written: Written, seen: SeenFiles): Promise<void> {
  const { path } = places.current;
  const temporary = temporaryName(path);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeNew(temporary, written);
    if (seen.current === 'good') await keepAsPrevious(places);
    await rename(temporary, path);
  } catch (error) {
    await removed(temporary);
    throw error;
  }
  // Of no use to anybody, and it may hold secrets in plain text from before there was a key.
  if (seen.previous === 'bad') await removed(places.previous.path);
  await syncFolder(dirname(path));
}

async function writeNew(path: string, written: Written): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await writeContent(file, written);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Each line is made, hashed and written by itself: the event loop is free in between. */
async function writeContent(file: FileHandle, { header, listed, lock }: Written): Promise<void> {
  const line = headerLine(header);
  if (line.length > largestHeader) throw new Refusal(`a version that is longer than ${largestHeader} bytes`);
  const sealed = seal(line, lock);
  let size = line.length;
  await file.writeFile(line);
  for (const plain of bodyLines(listed)) {
    size += plain.length;
    if (size > largestFile) throw new Refusal(`entries that take more than ${largestFile} bytes`);
    await file.writeFile(sealed.update(plain));
  }
  await file.writeFile(sealed.end());
}

async function keepAsPrevious({ current, previous }: Places): Promise<void> {
  const spare = temporaryName(current.path);
  try {
    await link(current.path, spare);
    await rename(spare, previous.path);
  } catch (error) {
    await keepWithoutLink(error, current.path, previous.path);
  } finally {
    // Still there when both names are links to one file already, as after a crash between the two renames.
    await removed(spare);
  }
}

/** As far as it can be: what made the write fail may also keep this from being done, and is what is to be told. */
async function removed(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** Where there are no hard links, the previous file alone is there for a moment. */
async function keepWithoutLink(error: unknown, current: string, previous: string): Promise<void> {
  if (!noLinks.includes((error as NodeJS.ErrnoException).code ?? '')) return; // nothing to keep, or no place for it
  try {
    // Folders have no hard links either, and one that stands there now is not ours to move.
    if ((await lstat(current)).isFile()) await rename(current, previous);
  } catch {
    // then there is none before it
  }
}

const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/** What was renamed is found after a power failure. Some file systems, and Windows, have no such thing: the file is there all the same. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // it is in place, and nothing better can be done
  }
}
