import { collect, visit } from './flatten.js';
import type { Format, Position } from './format.js';
import { type Places, placesBy } from './places.js';
import { plainText, positionAt, problemAt } from './text.js';
import { isMap, type Parsed, type Tree } from './tree.js';
import { composeYaml } from './yaml-compose.js';

function read(source: string): Parsed[] {
  const text = plainText('yaml', source);
  return composeYaml(text).map((root) => ({ format: 'yaml', text, root }));
}

/**
 * The documents of a text, merged in order: a later map adds to an earlier one, and whatever else a later document says
 * (a list, a scalar, null) replaces all that stood there and below before.
 */
function mergeDocuments<T>(documents: readonly Parsed[], pick: (text: string, at: number) => T): Map<string, T> {
  const [first, ...later] = documents;
  if (first === undefined) return new Map();
  const entries = collect(first, pick);
  for (const document of later) {
    const replaces = replacement(document);
    for (const key of entries.keys()) if (replaces(key)) entries.delete(key);
    for (const [key, value] of collect(document, pick)) entries.set(key, value);
  }
  return entries;
}

function replacement(document: Parsed): (key: string) => boolean {
  const maps = new Set<string>();
  const others = new Set<string>();
  visit(document, { node: (key, { value }) => (isMap(value) ? maps : others).add(key) });
  return (key) => {
    if (maps.has(key) || others.has(key)) return true;
    for (const { index, 0: mark } of key.matchAll(/[.[]/g)) {
      const above = key.slice(0, index);
      if (others.has(above) || (mark === '[' && maps.has(above))) return true;
    }
    return false;
  };
}

function parse(text: string): Map<string, string> {
  return mergeDocuments(read(text), (value) => value);
}

function places(source: string): Places {
  const documents = read(source);
  return { text: documents[0]?.text ?? '', offsets: mergeDocuments(documents, (_text, at) => at) };
}

/**
 * YAML 1.2 by js-yaml, flattened: scalars keep the text they have in the file (`010`, `1e3`, `yes`, a date), unless they
 * are quoted or blocks; `null`, `~` and nothing at all are null. Merge keys (`<<`) apply.
 */
export const yaml: Format = {
  name: 'yaml',
  extensions: ['.yaml', '.yml'],
  mediaTypes: ['application/yaml', 'text/yaml', 'application/x-yaml', '+yaml'],
  parse,
  ...placesBy(places),
};

/**
 * Where any node of a YAML text stands: maps, lists and nulls too, under the path it flattens to.
 *
 * @param path `layers[2].url.every`, `layers[2]`, `layers`
 * @throws FormatError as the format
 * @example locateYamlNode('layers:\n  - env: {}\n', 'layers[0].env'); // { line: 2, column: 5 }
 */
export function locateYamlNode(text: string, path: string): Position | undefined {
  let found: Position | undefined;
  for (const document of read(text)) {
    visit(document, {
      node(key, { at }) {
        if (key === path) found = positionAt(document.text, at);
      },
    });
  }
  return found;
}

/** Plain data: scalars are text, maps are objects without a prototype. */
export type YamlData = string | null | readonly YamlData[] | YamlObject;

/** Without a prototype: any key is safe. */
export interface YamlObject {
  readonly [key: string]: YamlData;
}

/**
 * The one document of a YAML text, as a tree whose nodes know where they stand. An empty text is an empty map.
 *
 * @throws FormatError as the format, and if there is more than one document
 */
export function parseYamlDocument(source: string): Parsed {
  const [only, second] = read(source);
  if (only === undefined) return { format: 'yaml', text: source, root: new Map() };
  if (second !== undefined) {
    const [entry] = second.root.values();
    throw problemAt('yaml', second.text, entry?.at ?? second.text.length, 'expected one document, found several');
  }
  visit(only, {});
  return only;
}

/**
 * A YAML text as plain data, for a reader that wants its shape and not its entries. An empty text is an empty map.
 *
 * @throws FormatError as the format, and if there is more than one document
 * @example parseYamlTree('every: 010'); // { every: '010' }
 */
export function parseYamlTree(text: string): YamlObject {
  return objectOf(parseYamlDocument(text).root);
}

function emptyObject(): Record<string, YamlData> {
  return Object.create(null) as Record<string, YamlData>;
}

function objectOf(map: Parsed['root']): Record<string, YamlData> {
  const object = emptyObject();
  for (const [key, { value }] of map) object[key] = dataOf(value);
  return object;
}

function dataOf(tree: Tree): YamlData {
  if (tree === null || typeof tree === 'string') return tree;
  return isMap(tree) ? objectOf(tree) : tree.map(({ value }) => dataOf(value));
}
