import type { BigIntStats } from 'node:fs';

/**
 * Everything a stat says about which file this is and when it was written. Equal stamps: the same content.
 *
 * Inode numbers are reused at once, so the time of birth counts too; a writer can put size and mtime back
 * (`cp -p`, `rsync -t`), but not ctime.
 */
export type Stamp = string;

export function stampOf(stats: BigIntStats): Stamp {
  return `${identityOf(stats)}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Which file or folder this is, whatever it holds. */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
}

export function mtimeOf(stats: BigIntStats): number {
  return Number(stats.mtimeNs) / 1e6;
}
