import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Lends a folder of its own to `work`. @template T @param {(folder: string) => Promise<T>} work */
export async function withFolder(work) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'calumma-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
