import { isUnder, prefixesOf, strip } from '../core/prefix.js';
import { splitItems } from '../core/types/split.js';
import type { Cascade } from './cascade.js';

/** A key as a tree sees it. */
interface Leaf {
  readonly value: string;
  /** Of the layer that answers: 0 is the highest. */
  readonly rank: number;
}

/**
 * What lies below a prefix, under the names it has there, as one tree: a text that stands higher than what lies below its
 * own key goes before all of that. Where that was a list (`hosts` over `hosts[0]`), the text is one too: `HOSTS=a,b`.
 */
export function* entriesBelow(cascade: Cascade, prefix: string): Generator<[name: string, value: string]> {
  const leaves = leavesBelow(cascade, prefix);
  const covers = new Map([...leaves.keys()].map((key) => [key, coverOf(key, leaves)]));
  const lists = new Set([...covers].filter(([key, cover]) => cover !== undefined && key.startsWith(`${cover}[`)).map(([, cover]) => cover));
  for (const [key, { value }] of leaves) {
    if (covers.get(key) !== undefined) continue;
    const name = strip(key, prefix);
    if (!lists.has(key)) yield [name, value];
    else for (const [index, item] of splitItems(value).entries()) yield [`${name}[${index}]`, item];
  }
}

function leavesBelow(cascade: Cascade, prefix: string): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const key of cascade.listed(prefix)) {
    const value = cascade.value(key);
    const rank = cascade.holder(key)?.rank;
    if (value !== undefined && rank !== undefined && isUnder(key, prefix)) leaves.set(key, { value, rank });
  }
  return leaves;
}

/** The key above this one whose text goes before it. */
function coverOf(key: string, leaves: ReadonlyMap<string, Leaf>): string | undefined {
  const rank = leaves.get(key)?.rank ?? 0;
  return prefixesOf(key).find((above) => (leaves.get(above)?.rank ?? Infinity) < rank);
}
