import { isList, isMap, type Tree, type TreeMap } from '../formats/tree.js';
import { defaultName } from './description-configs.js';

/** What concerns no config, or only one of them. */
const notShared: readonly string[] = ['layers', 'configs', 'outputs', 'sidecar'];

/** Whether two descriptions say the same of one config: what they say of it alone, and what they say of all. */
export function sayTheSame(before: TreeMap, after: TreeMap, name: string): boolean {
  return same(shared(before), shared(after)) && same(own(before, name), own(after, name));
}

function shared(root: TreeMap): TreeMap {
  return new Map([...root].filter(([key]) => !notShared.includes(key)));
}

function own(root: TreeMap, name: string): Tree {
  const layers = name === defaultName ? root.get('layers') : undefined;
  if (layers !== undefined) return new Map([['layers', layers]]);
  const configs = root.get('configs')?.value ?? null;
  return isMap(configs) ? (configs.get(name)?.value ?? null) : null;
}

/** Where it stands, and in which order the keys of a map do, does not count. */
function same(a: Tree, b: Tree): boolean {
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string') return a === b;
  if (isList(a)) return isList(b) && a.length === b.length && a.every(({ value }, at) => same(value, b[at]?.value ?? null));
  return isMap(b) && a.size === b.size && [...a].every(([key, { value }]) => b.has(key) && same(value, b.get(key)?.value ?? null));
}
