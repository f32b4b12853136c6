import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import type { BigIntStats, Dirent } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileContent, FolderListing } from './contract.js';
import { contentOf, failureOf, isMissing, notAFile, systemError, unreadable } from './failure.js';
import { mtimeOf, stampOf } from './stamp.js';
import type { Stamp } from './stamp.js';

/** V8 holds no longer string, so a longer file could not be parsed; a slip such as `/dev/sda.img` must not eat the memory. */
const largestFile = 512 * 1024 * 1024;
const attempts = 5;
/** Windows has no O_NONBLOCK. */
const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** A consistent read, and the stamp it was consistent under; no stamp: the file would not stand still. */
export interface StampedRead {
  readonly content: FileContent;
  readonly stamp: Stamp | undefined;
}

/**
 * What a file holds now, read between two equal stats so that it is never torn by a write in between.
 * Does not wait for a writer to finish; that is the observer's part.
 */
export function readFileNow(path: string): FileContent {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return unreadable(notAFile(stats.isDirectory(), path));
    const descriptor = openSync(path, flags);
    try {
      return readDescriptor(descriptor, path);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return contentOf(error);
  }
}

function readDescriptor(descriptor: number, path: string): FileContent {
  for (let attempt = 1; ; attempt++) {
    const before = fstatSync(descriptor, { bigint: true });
    const bytes = readWhole(descriptor, roomFor(before, path));
    const after = fstatSync(descriptor, { bigint: true });
    if (stampOf(before) === stampOf(after) || attempt === attempts) return { kind: 'content', bytes, mtimeMs: mtimeOf(after) };
  }
}

function readWhole(descriptor: number, room: Buffer): Buffer {
  let buffer = room;
  for (let length = 0; ; ) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, length);
    length += count;
    if (count === 0) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = grown(buffer);
  }
}

/**
 * The same without holding the event loop: one read into a buffer of the right size, which takes a tenth of the time of
 * `fs.promises.readFile`.
 */
export async function readStamped(path: string): Promise<StampedRead> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, flags);
    return await readHandle(handle, path);
  } catch (error) {
    return { content: contentOf(error), stamp: undefined };
  } finally {
    await handle?.close();
  }
}

async function readHandle(handle: FileHandle, path: string): Promise<StampedRead> {
  const before = await handle.stat({ bigint: true });
  if (!before.isFile()) return { content: unreadable(notAFile(before.isDirectory(), path)), stamp: undefined };
  const bytes = await readAll(handle, roomFor(before, path));
  const after = await handle.stat({ bigint: true });
  const stamp = stampOf(after);
  const torn = stamp !== stampOf(before);
  return { content: { kind: 'content', bytes, mtimeMs: mtimeOf(after) }, stamp: torn ? undefined : stamp };
}

async function readAll(handle: FileHandle, room: Buffer): Promise<Buffer> {
  let buffer = room;
  for (let length = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (bytesRead === 0) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = grown(buffer);
  }
}

/** One byte more than the file has, so that reading shows its end. Files of `/proc` say 0 and grow. */
function roomFor(stats: BigIntStats, path: string): Buffer {
  if (stats.size > largestFile) throw systemError('EFBIG', `larger than ${largestFile} bytes`, path);
  return Buffer.allocUnsafeSlow(Number(stats.size) + 1);
}

function grown(buffer: Buffer): Buffer {
  const larger = Buffer.allocUnsafeSlow(buffer.length * 2 + 4096);
  buffer.copy(larger);
  return larger;
}

/**
 * The files directly in a folder, now.
 *
 * @throws the system's error when the folder is there and cannot be listed: that is not an empty folder
 */
export function listFolderNow(path: string): FolderListing {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => mayBeFile(entry) && (entry.isFile() || leadsToFile(join(path, entry.name)))).map(nameOf).sort();
  } catch (error) {
    if (isMissing(failureOf(error))) return undefined;
    throw error;
  }
}

function nameOf(entry: Dirent): string {
  return entry.name;
}

/**
 * Names with a leading dot are not for readers: Kubernetes keeps `..data` and `..2024_…` beside the keys, editors their
 * swap files.
 */
export function mayBeFile(entry: Dirent): boolean {
  const other = entry.isDirectory() || entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice();
  return !other && !entry.name.startsWith('.');
}

/** A link that cannot be followed (a loop, no permission) counts: it is an error to report, not a file less. */
function leadsToFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    return !isMissing(failureOf(error));
  }
}
