import type { Commit, Moved } from './namespace.js';
import { badRequest, Problem } from '../http/problem.js';
import type { Ring } from './ring.js';

/** A key that has another value at a later revision. */
export type Difference = Moved;

/**
 * What differs between two revisions: what moved there and back is left out.
 *
 * @throws Problem 410 for a revision that is not kept any more, 400 when the second is the earlier one
 */
export function between(ring: Pick<Ring<Commit>, 'after' | 'base'>, from: string, to: string): Difference[] {
  const since = after(ring, from);
  const beyond = after(ring, to);
  if (beyond.length > since.length) throw badRequest('expected the earlier revision in from, the later one in to');
  const differences = new Map<string, Difference>();
  for (const { changes } of since.slice(0, since.length - beyond.length)) {
    for (const change of changes) {
      const first = differences.get(change.key) ?? change;
      differences.set(change.key, { ...change, before: first.before, shownBefore: first.shownBefore });
    }
  }
  return [...differences.values()].filter(({ before, after: now }) => before !== now);
}

function after(ring: Pick<Ring<Commit>, 'after' | 'base'>, revision: string): readonly Commit[] {
  const commits = ring.after(revision);
  if (commits !== undefined) return commits;
  throw new Problem(410, 'GONE', `expected a revision from ${ring.base} on, found ${JSON.stringify(revision.slice(0, 40))}`);
}
