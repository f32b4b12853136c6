import type { PatchReading } from './model.js';

/** What leads from one map of entries to another. */
export type Patch = Pick<PatchReading, 'set' | 'remove'>;

/**
 * What changed between two maps: `applyPatch(before, diff(before, after))` is `after`.
 *
 * @example diff(new Map([['a', '1']]), new Map([['b', '2']])); // { set: b → 2, remove: a }
 */
export function diff(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Patch {
  const set = new Map<string, string>();
  const remove = new Set<string>();
  for (const [key, value] of after) {
    if (before.get(key) !== value) set.set(key, value);
  }
  for (const key of before.keys()) {
    if (!after.has(key)) remove.add(key);
  }
  return { set, remove };
}

/** A new map with the patch applied; `entries` stays as it is. A key that is both removed and set is set. */
export function applyPatch(entries: ReadonlyMap<string, string>, patch: Patch): Map<string, string> {
  const next = new Map(entries);
  for (const key of patch.remove) next.delete(key);
  for (const [key, value] of patch.set) next.set(key, value);
  return next;
}

/**
 * One map out of many, highest priority first: the first that has a key wins.
 *
 * @example mergeFirstWins([new Map([['a', '1']]), new Map([['a', '2'], ['b', '3']])]); // a → 1, b → 3
 */
export function mergeFirstWins(layers: Iterable<ReadonlyMap<string, string>>): Map<string, string> {
  const merged = new Map<string, string>();
  for (const layer of layers) {
    for (const [key, value] of layer) {
      if (!merged.has(key)) merged.set(key, value);
    }
  }
  return merged;
}
