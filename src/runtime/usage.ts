import type { Cascade } from './cascade.js';
import type { Usage } from './config.js';

/**
 * A key that another value mentions counts as read: it takes part in what was read. What a source with looser spelling
 * lists (the environment) was not put there for this program, so it is not counted as unused.
 */
export function usage(cascade: Cascade): Usage {
  const asked = new Set(cascade.references.mentioned());
  const missing: string[] = [];
  for (const slot of cascade.slots.values()) {
    if (!slot.isRead) continue;
    if (slot.layer === undefined) missing.push(slot.key);
    else asked.add(slot.key);
  }
  const read = [...asked].filter((key) => cascade.holder(key) !== undefined);
  const unused = [...cascade.listed()].filter((key) => !asked.has(key) && cascade.holder(key)?.source.spelling === undefined);
  return { read, missing, unused };
}
