import { FormatError } from '../core/errors.js';
import { interpolate, mayInterpolate } from '../core/interpolate.js';
import { parseTemplate, type TemplatePart } from '../core/template.js';
import { flatten } from '../formats/flatten.js';
import { isMap, type Entry, type Tree } from '../formats/tree.js';
import { child, complain, fill, found, scopeOf, type Inspection, type Node } from './description-inspection.js';
import type { Shape } from './description-shapes.js';

/** Properties that stand in the description itself: nested maps and lists are flattened as in any YAML file. */
export const entries: Shape<ReadonlyMap<string, string>> = {
  schema: { type: 'object' },
  read(node, inspection) {
    if (!isMap(node.value)) {
      complain(inspection, node, `expected a map of keys and values, found ${found(inspection, node)}`);
      return undefined;
    }
    const before = inspection.issues.length;
    const filled = new Map([...node.value].map(([key, entry]) => [key, filledEntry(child(node, key, entry), inspection)]));
    return inspection.issues.length > before ? undefined : flattened(filled, node, inspection);
  },
};

function flattened(root: ReadonlyMap<string, Entry>, { path }: Node, inspection: Inspection): ReadonlyMap<string, string> | undefined {
  try {
    return flatten({ ...inspection.parsed, root });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { problem, line, column } = error;
    inspection.issues.push({ message: `${path}: ${problem}`, path, line, column, cause: error });
    return undefined;
  }
}

function filledEntry(node: Node, inspection: Inspection): Entry {
  return { at: node.at, value: filledTree(node, inspection) };
}

function filledTree(node: Node, inspection: Inspection): Tree {
  const { value, path } = node;
  if (value === null) return null;
  if (typeof value === 'string') return fillValue(node, value, inspection);
  if (isMap(value)) return new Map([...value].map(([key, entry]) => [key, filledEntry(child(node, key, entry), inspection)]));
  return value.map((entry, index) => filledEntry({ path: `${path}[${index}]`, ...entry }, inspection));
}

/**
 * A value is read again by the config, which knows all keys: what mentions one, and what is escaped, is left to it, and
 * so is a text that is no template. Nothing that was filled in may look like a `${` to it.
 */
function fillValue(node: Node, text: string, inspection: Inspection): string {
  if (!mayInterpolate(text)) return text;
  const { parts, problem } = parseTemplate(text);
  return problem === undefined ? parts.map((part) => fillPart(node, part, inspection)).join('') : text;
}

function fillPart(node: Node, part: TemplatePart, inspection: Inspection): string {
  if (typeof part === 'string') return part.replaceAll('${', () => '$${');
  if (part.scheme === 'key' || interpolate(node.path, part.source, scopeOf(inspection)).mentions.size > 0) return part.source;
  const value = fill(inspection, node, part.source) ?? '';
  return inspection.interpolate && value.includes('$') ? part.source : value;
}
