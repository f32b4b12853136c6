import type { Cascade } from './cascade.js';
import type { Usage } from './config.js';

/** A key that another value mentions counts as read: it takes part in what was read. */
export function usage(cascade: Cascade): Usage {
  const read: string[] = [];
  const missing: string[] = [];
  const unused: string[] = [];
  for (const slot of cascade.slots.values()) {
    const asked = slot.read || cascade.references.ownersOf(slot.key).size > 0;
    if (slot.layer === undefined) {
      if (slot.read) missing.push(slot.key);
    } else if (asked) {
      read.push(slot.key);
    } else if (cascade.lists(slot)) {
      unused.push(slot.key);
    }
  }
  return { read, missing, unused };
}
