import { type TextTree, unflatten } from '../../core/unflatten.js';
import { maxLevels } from '../tree.js';

/** One flat object; written by hand, because an object of JavaScript would lose `__proto__` and move keys that are numbers. */
export function renderJson(entries: ReadonlyMap<string, string>): string {
  const lines = [...entries].map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return lines.length === 0 ? '{}\n' : `{\n${lines.join(',\n')}\n}\n`;
}

/** A tree with numbers and booleans. */
export function renderTyped(entries: ReadonlyMap<string, string>): string {
  // A key of 100,000 dots would be a tree that nobody can walk: it stays one name.
  const [deep, usual] = [new Map<string, string>(), new Map<string, string>()];
  for (const [key, value] of entries) (levelsOf(key) > maxLevels ? deep : usual).set(key, value);
  const tree = unflatten(usual) as Record<string, TextTree>;
  for (const [key, value] of deep) tree[key] = value;
  return `${JSON.stringify(typedOf(tree), undefined, 2)}\n`;
}

type Typed = string | number | boolean | Typed[] | { [name: string]: Typed };

function levelsOf(key: string): number {
  let levels = 1;
  for (const unit of key) if (unit === '.' || unit === '[') levels++;
  return levels;
}

function typedOf(tree: TextTree): Typed {
  if (typeof tree === 'string') return scalarOf(tree);
  if (Array.isArray(tree)) return tree.map(typedOf);
  const typed = Object.create(null) as Record<string, Typed>;
  for (const [name, child] of Object.entries(tree)) typed[name] = typedOf(child);
  return typed;
}

/** Only what would be written the same way again: `1e3`, `010` and `9007199254740993` stay texts. */
function scalarOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}
