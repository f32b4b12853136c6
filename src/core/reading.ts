import type { PatchReading, Reading } from './model.js';

/** One reading that says what `first` and then `second` say. */
export function merge(first: Reading, second: Reading): Reading {
  if (second.kind === 'full') return second;
  const { kind: _kind, set: _set, remove: _remove, ...about } = second;
  return first.kind === 'full'
    ? { ...first, ...about, entries: applied(first.entries, second) }
    : { ...first, ...about, ...mergedPatch(first, second) };
}

/** Whether somebody handed over a reading, as far as its shape tells; `{ kind: 'full', entries: Map }` is no object of texts. */
export function isReading(given: unknown): given is Reading {
  if (typeof given !== 'object' || given === null || !('kind' in given)) return false;
  const { kind, entries, set, remove } = given as Partial<Record<'kind' | 'entries' | 'set' | 'remove', unknown>>;
  if (kind === 'full') return entries instanceof Map;
  return kind === 'patch' && set instanceof Map && remove instanceof Set;
}

function applied(entries: ReadonlyMap<string, string>, patch: PatchReading): Map<string, string> {
  const after = new Map(entries);
  for (const key of patch.remove) after.delete(key);
  for (const [key, value] of patch.set) after.set(key, value);
  return after;
}

function mergedPatch(first: PatchReading, second: PatchReading): Pick<PatchReading, 'set' | 'remove'> {
  const set = new Map(first.set);
  const remove = new Set(first.remove);
  for (const key of second.remove) {
    set.delete(key);
    remove.add(key);
  }
  for (const [key, value] of second.set) {
    set.set(key, value);
    remove.delete(key);
  }
  return { set, remove };
}
