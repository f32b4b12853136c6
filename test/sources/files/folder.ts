import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach } from 'vitest';

import type { Follower } from '../following.js';

export interface TestFolder {
  readonly path: string;
  at(name: string): string;
  write(name: string, content: string | Buffer): void;
  /** As careful writers do: a new file renamed over the old one. */
  replace(name: string, content: string | Buffer): void;
  remove(name: string): void;
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
});

export function testFolder(): TestFolder {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => path.join(folder, name);
  return {
    path: folder,
    at,
    write(name, content) {
      mkdirSync(path.dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
    },
    replace(name, content) {
      writeFileSync(at('.new'), content);
      renameSync(at('.new'), at(name));
    },
    remove: (name) => rmSync(at(name), { recursive: true }),
  };
}

/** Stops the reader when the test ends, however it ends. */
export function stopping(reader: Follower): Follower {
  cleanups.push(() => reader.stop());
  return reader;
}
