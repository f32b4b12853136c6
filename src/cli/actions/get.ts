import { type Access, withAccess } from '../access/access.js';
import { Failure } from '../exit.js';
import type { ReadOptions } from '../options.js';
import type { Terminal } from '../terminal.js';

export async function get({ output }: Terminal, key: string, options: ReadOptions): Promise<void> {
  await withAccess(options, async (access) => {
    const value = await access.get(key);
    if (options.json === true) output.json({ key, value: value ?? null });
    else if (value !== undefined) output.line(value);
    if (value === undefined) throw await notSet(access, key);
  });
}

/** A key that is set nowhere was often meant to be another. */
export async function notSet(access: Access, key: string, said = `${key} is set nowhere`): Promise<Failure> {
  // Loaded only now: who asks a sidecar for a key that is there needs nothing of the library.
  const { nearest } = await import('../../index.js');
  const keys = await access.keys();
  const close = nearest(key, keys.filter((other) => other !== key));
  return new Failure(close === undefined ? said : `${said}; did you mean ${close}?`);
}
