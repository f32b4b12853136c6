/**
 * What YAML, JSON and TOML have in common before they are flattened. Scalars are the text they have in the file,
 * decoded if they were quoted there; maps are real Maps, so that `__proto__` is a key like any other.
 */
export type Tree = string | null | TreeList | TreeMap;
export type TreeList = readonly Entry[];
export type TreeMap = ReadonlyMap<string, Entry>;

export interface Entry {
  /** Offset in the text: of the key for an entry of a map, of the item for an entry of a list. */
  readonly at: number;
  readonly value: Tree;
}

/** A text, and what it says. */
export interface Parsed {
  readonly format: string;
  readonly text: string;
  readonly root: TreeMap;
}

/** Maps may lie in one another, or lists, this deep; the outermost map is the first level. */
export const maxLevels = 100;

export const tooDeep = `more than ${maxLevels} levels`;

export function isList(tree: Tree): tree is TreeList {
  return Array.isArray(tree);
}

export function isMap(tree: Tree): tree is TreeMap {
  return tree instanceof Map;
}
