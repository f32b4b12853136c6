import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { crypto } from '../crypto.js';


/** A write takes seconds. Who wrote for longer is dead, wherever it ran: process ids say nothing of another container. */
const abandonedMs = 10 * 60_000;

/** A name beside `path` that no other process and no other thread of this one takes. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}-${crypto().randomBytes(6).toString('hex')}.tmp`;
}

/** Removes what writers of `path` that were killed have left. Never rejects. */
export async function removeAbandoned(path: string, now = Date.now()): Promise<void> {
  const folder = dirname(path);
  try {
    const names = (await readdir(folder)).filter((name) => isTemporaryOf(basename(path), name));
    await Promise.all(names.map((name) => removeIfAbandoned(join(folder, name), now)));
  } catch {
    // no folder yet, or one that cannot be listed: the write will say what is wrong with it
  }
}

function isTemporaryOf(name: string, candidate: string): boolean {
  return candidate.startsWith(`${name}.`) && /^\d+-[0-9a-f]{12}\.tmp$/.test(candidate.slice(name.length + 1));
}

async function removeIfAbandoned(path: string, now: number): Promise<void> {
  try {
    // When it was last written or linked: a link to an older file has that one's mtime.
    const { ctimeMs } = await stat(path);
    if (now - ctimeMs > abandonedMs) await rm(path, { force: true });
  } catch {
    // another process was faster
  }
}
