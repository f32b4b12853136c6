import type { Config, HistoryEntry } from '../../index.js';
import { Failure } from '../exit.js';
import type { Edit } from './access.js';

const page = 1_000;

/** What puts back every key of a store that was written after a version. */
export async function rollbackEdit(config: Config, version: string, layer = config.writables[0]): Promise<Edit> {
  const later = await writtenAfter(config, version, layer);
  const set = new Map<string, string>();
  const remove = new Set<string>();
  // Newest first: what stands at the end is what the version had.
  for (const { key, before } of later) {
    set.delete(key);
    remove.delete(key);
    if (before === undefined) remove.add(key);
    else set.set(key, before);
  }
  if (set.size + remove.size === 0) throw new Failure(`nothing was written after version ${version}`);
  return { layer, set, remove };
}

async function writtenAfter(config: Config, version: string, layer: string | undefined): Promise<HistoryEntry[]> {
  const store = config.writable(layer);
  for (let asked = page; ; asked *= 4) {
    const entries = await store.history(undefined, asked);
    const at = entries.findIndex((entry) => entry.version === version);
    if (at >= 0) return entries.slice(0, at);
    if (entries.length < asked) throw new Failure(`the history of ${layer ?? 'the store'} has no version ${version}`);
  }
}
