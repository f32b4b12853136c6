import type { Reading } from './model.js';

// What an entry of a Map takes beside its characters, roughly: changes with keys as short as `a1` must not count as nothing.
const entryBytes = 50;

/** What a reading takes in memory, roughly, in bytes. */
export function weightOf(reading: Reading): number {
  let weight = 0;
  const entries = reading.kind === 'full' ? reading.entries : reading.set;
  for (const [key, value] of entries) weight += entryBytes + key.length + value.length;
  if (reading.kind === 'patch') for (const key of reading.remove) weight += entryBytes + key.length;
  return weight;
}

/** What changes may weigh that a layer has not taken, or has refused: more than twice what it may hold cannot end well. */
export function mostWaiting(maxBytes: number): number {
  return 1024 * 1024 + 2 * maxBytes;
}
