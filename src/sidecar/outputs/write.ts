import { lstat, mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { metaName, placesOf, removeOld, versionOf } from './place.js';
import type { Tree } from './tree.js';

const kept = 3;
const atOnce = 16;

export interface WriteOptions {
  /** What stands in `.meta.json` beside the sums. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Looks at the new files where they are, before they become the current ones; a throw keeps them from it. */
  readonly check: (folder: string) => Promise<void>;
  /** Leave a mark that the readers of the files have to be told. */
  readonly tells: boolean;
}

/**
 * Puts a new tree in the place of the current one. At every instant `current` is one of the two, and whole:
 *
 *   files written and synced ─ checked ─ renamed to v/<version> ─ link made ─ renamed to current ─ old ones removed
 *
 * @returns the version that is current now
 * @throws the system's error, or what the check throws; then nothing has changed
 */
export async function writeTree(to: string, tree: Tree, { about, check, tells }: WriteOptions): Promise<string> {
  const places = placesOf(to);
  const now = new Date();
  const version = versionOf(tree.hash, now);
  await mkdir(to, { recursive: true, mode: 0o750 });
  await makeVersions(places.versions);
  try {
    await writeFiles(places.unfinishedTree, tree, { ...about, writtenAt: now.toISOString() });
    await check(places.unfinishedTree);
    await rename(places.unfinishedTree, path.join(places.versions, version));
    await syncFolder(places.versions);
    if (tells) await writeFile(places.untold, '', { mode: 0o640 });
    await symlink(`v/${version}`, places.unfinishedLink);
    await rename(places.unfinishedLink, places.current);
    await syncFolder(to);
  } catch (error) {
    await Promise.allSettled([rm(places.unfinishedTree, { recursive: true, force: true }), rm(places.unfinishedLink, { force: true })]);
    throw error;
  }
  // Those that cannot be removed now are in nobody's way, and the next write tries again.
  await removeOld(to, version, kept).catch(() => undefined);
  return version;
}

async function makeVersions(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  // A link would have us write, and remove, somewhere else.
  if (!(await lstat(folder)).isDirectory()) throw new Error(`expected a folder at ${folder}, found a link`);
}

async function writeFiles(folder: string, { files, sums }: Tree, about: Readonly<Record<string, unknown>>): Promise<void> {
  const folders = [...new Set([folder, ...[...files.keys()].map((name) => path.join(folder, path.dirname(name)))])];
  for (const one of folders) await makeFolder(one);
  const all: (readonly [string, string])[] = [...files, [metaName, `${JSON.stringify({ ...about, files: sums }, undefined, 2)}\n`]];
  await inParallel(all, ([name, text]) => writeSynced(path.join(folder, name), text));
  for (const one of folders.reverse()) await syncFolder(one);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder);
  const handle = await open(folder);
  // Whatever the umask of the service is.
  await handle.chmod(0o750).finally(() => handle.close());
}

async function writeSynced(name: string, text: string): Promise<void> {
  const file = await open(name, 'wx', 0o640);
  try {
    await file.chmod(0o640);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that what was renamed is found after a power failure. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

/** One sync at a time would take minutes for many files; the file system puts those that wait together. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  const done = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failed = done.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
