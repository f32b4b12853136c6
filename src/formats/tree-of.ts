import { ConfigError } from '../core/errors.js';
import { isStray } from '../core/promise.js';
import { type Entry, maxLevels, tooDeep, type Tree } from './tree.js';

/**
 * Plain data as a tree: what a user's own parser returns. Maps and objects are maps, `undefined` is null, and a scalar
 * is the text JavaScript has for it; a date, ISO 8601.
 *
 * @throws ConfigError `CALUMMA_OPTION` for a function, a symbol, a Promise, a Set and whatever else is no plain data, and beyond 100 levels: data that contains itself
 */
export function treeOf(data: unknown, level = 1): Tree {
  if (data === null || data === undefined) return null;
  if (typeof data !== 'object') return scalarText(data);
  if (data instanceof Date) return data.toISOString();
  if (level > maxLevels) throw new ConfigError('CALUMMA_OPTION', `parse returned ${tooDeep}`);
  const entry = (value: unknown): Entry => ({ at: 0, value: treeOf(value, level + 1) });
  if (Array.isArray(data)) return data.map(entry);
  // A promise that was not awaited would otherwise be a file without keys.
  if (isStray(data)) throw new ConfigError('CALUMMA_OPTION', 'parse returned a promise');
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  if (kind !== 'Object' && kind !== 'Map') throw new ConfigError('CALUMMA_OPTION', `parse returned data of the kind ${kind}`);
  const pairs = data instanceof Map ? [...(data as Map<unknown, unknown>)] : Object.entries(data);
  return new Map(pairs.map(([key, value]) => [String(key), entry(value)]));
}

function scalarText(data: unknown): string {
  switch (typeof data) {
    case 'string':
      return data;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(data);
    default:
      throw new ConfigError('CALUMMA_OPTION', `parse returned a ${typeof data} among its values`);
  }
}
