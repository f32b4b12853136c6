import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readDescription, type Description } from '../../src/default/description.js';

/** A folder of its own, with these files in it. */
export function scratch(files: Readonly<Record<string, string>> = {}): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-description-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** What `readDescription` makes of a text. */
export function readText(text: string, env: NodeJS.ProcessEnv = {}, files: Readonly<Record<string, string>> = {}): Description {
  const { folder, remove } = scratch({ ...files, 'calumma.yaml': text });
  try {
    return readDescription(path.join(folder, 'calumma.yaml'), env);
  } finally {
    remove();
  }
}
