import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';

import { hashOf, sumOf } from './tree.js';

/*
 * <to>/current        → v/20261127T134500123Z-3fa91c0de4b87a55     swapped by a rename
 * <to>/v/<version>/     the files, and .meta.json with the SHA-256 of each
 *
 * What is not called like this is not ours, and is never touched.
 */

const versionName = /^\d{8}T\d{9}Z-[0-9a-f]{16}$/;
const unfinishedTree = /^\.[0-9a-f]{12}\.tmp$/;
const unfinishedLink = /^\.current-[0-9a-f]{12}\.tmp$/;

export const metaName = '.meta.json';

/** In order of time when they are in the order of the alphabet. */
export function versionOf(hash: string, now: Date): string {
  return `${now.toISOString().replace(/[-:.]/g, '')}-${hash}`;
}

export function placesOf(to: string) {
  const mark = randomBytes(6).toString('hex');
  return {
    versions: path.join(to, 'v'),
    current: path.join(to, 'current'),
    unfinishedTree: path.join(to, 'v', `.${mark}.tmp`),
    unfinishedLink: path.join(to, `.current-${mark}.tmp`),
    /** There while those who read the files have not been told of them. */
    untold: path.join(to, '.reload-pending'),
  };
}

/**
 * The version that `current` leads to, or `undefined` when there is none.
 *
 * @throws Error when something else is called `current`
 */
export async function currentVersion(to: string): Promise<string | undefined> {
  const { current } = placesOf(to);
  const stats = await unlessMissing(lstat(current));
  if (stats === undefined) return undefined;
  const target = stats.isSymbolicLink() ? await readlink(current) : '';
  const [folder, version = '', ...rest] = target.split('/');
  if (folder === 'v' && versionName.test(version) && rest.length === 0) return version;
  throw new Error(`expected nothing or a link to v/… at ${current}, found ${stats.isSymbolicLink() ? `a link to ${target}` : 'something of somebody else'}`);
}

/** Whether every file of a version is what its name and its `.meta.json` say. */
export async function isWhole(to: string, version: string): Promise<boolean> {
  const folder = path.join(placesOf(to).versions, version);
  try {
    const { files } = JSON.parse(await readFile(path.join(folder, metaName), 'utf8')) as { files: Readonly<Record<string, string>> };
    for (const [name, sum] of Object.entries(files)) if (sumOf(await readFile(path.join(folder, name))) !== sum) return false;
    return version.endsWith(`-${hashOf(files)}`);
  } catch {
    return false;
  }
}

/** Removes what a writer that was killed has left. */
export async function removeUnfinished(to: string): Promise<void> {
  const { versions } = placesOf(to);
  await removeNamed(to, unfinishedLink);
  await removeNamed(versions, unfinishedTree);
}

/** Removes old versions, all but the newest `keep`; never the current one. */
export async function removeOld(to: string, current: string, keep: number): Promise<void> {
  const { versions } = placesOf(to);
  const others = (await readdir(versions)).filter((name) => versionName.test(name) && name !== current).sort();
  const old = others.slice(0, Math.max(0, others.length - (keep - 1)));
  await Promise.all(old.map((name) => rm(path.join(versions, name), { recursive: true, force: true })));
}

async function removeNamed(folder: string, pattern: RegExp): Promise<void> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  await Promise.all(names.filter((name) => pattern.test(name)).map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

export async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
