import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** A folder of its own for each test, which is also where the test works. */
export function inFolder(): { readonly write: (name: string, ...lines: string[]) => string } {
  const home = process.cwd();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'calumma-test-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    write(name, ...lines) {
      const file = path.join(folder, name);
      writeFileSync(file, `${lines.join('\n')}\n`);
      return file;
    },
  };
}

/** Layers of which one can be written. */
export const storeDescription = ['layers:', '  - values: { name: top, entries: { pinned: above } }', '  - sqlite: { path: config.db, create: true }', '  - values: { name: bottom, entries: { gateway.limit: 5, db.url: "pg://${db.password}@h", db.password: hunter22 } }'];
