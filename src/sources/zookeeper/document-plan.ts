import { ConfigError, FormatError } from '../../core/errors.js';
import { renderProperties } from '../../formats/properties.js';
import { properties } from '../../formats/properties.js';
import type { TreeNode } from '../../zookeeper/tree/index.js';
import type { CheckedWrite } from '../store/write.js';
import type { Changed } from './chronicle.js';
import type { Place } from './options.js';
import { costOf, lenientText, type Plan } from './plan.js';
import { dataOf } from './text.js';

/** Plans a write into a document. */
export function documentPlan(what: string, place: Place, node: TreeNode | undefined, { set, remove }: CheckedWrite): Plan {
  const entries = new Map(parsed(what, place, node));
  const changes: Changed[] = [];
  for (const key of remove) {
    const before = entries.get(key);
    if (entries.delete(key)) changes.push({ key, before, after: undefined });
  }
  for (const [key, after] of set) {
    const before = entries.get(key);
    if (before === after) continue;
    entries.set(key, after);
    changes.push({ key, before, after });
  }
  const data = dataOf(renderProperties(entries), place.gzip);
  const bytes = [...entries].reduce((sum, [key, value]) => sum + costOf(key, value), 0);
  const { root: path } = place;
  return { changes, bytes, operations: [node === undefined ? { op: 'create', path, data } : { op: 'set', path, data, version: node.stat.version }] };
}

function parsed(what: string, place: Place, node: TreeNode | undefined): ReadonlyMap<string, string> {
  if (place.format !== properties) {
    throw new ConfigError('CALUMMA_OPTION', `${what}: expected a document of the format properties, found ${place.format.name}, which can be read only: write the node by other means, or use the layout "node-per-key"`);
  }
  if (node === undefined) return new Map();
  try {
    return place.format.parse(lenientText(node, place));
  } catch (error) {
    throw error instanceof FormatError ? error.in(`${what}: ${place.root}`) : error;
  }
}
