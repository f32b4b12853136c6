import { quote } from '../core/redact.js';
import type { Places } from './places.js';
import { problemAt } from './text.js';
import { type Entry, isMap, maxLevels, type Parsed, tooDeep, type TreeList, type TreeMap } from './tree.js';

/** Hears of everything a tree holds, under its flat key: `gateway.hosts[0].name`. */
export interface Visitor {
  /** A map, list, scalar or null, before what is inside it. */
  node?(key: string, entry: Entry): void;
  /** A key that has a value: every scalar, and a list of scalars as one text. */
  leaf?(key: string, text: string, at: number): void;
}

interface Walk {
  readonly parsed: Parsed;
  readonly visitor: Visitor;
  /** Characters that may still be produced. */
  left: number;
}

const mebibyte = 1024 * 1024;

/**
 * How much text a tree may become. Aliases of aliases grow a few lines into gigabytes, and so does a very long key
 * around a very long list; an honest file grows a few times at most.
 */
export function flatLimit(text: string): number {
  return 10 * mebibyte + 10 * text.length;
}

/**
 * Walks a tree depth first, in the order of the text.
 *
 * @throws FormatError beyond 100 levels, which aliases can reach in a few lines, and beyond {@link flatLimit} characters
 */
export function visit(parsed: Parsed, visitor: Visitor): void {
  visitMap({ parsed, visitor, left: flatLimit(parsed.text) }, undefined, parsed.root, 1);
}

function visitMap(walk: Walk, prefix: string | undefined, map: TreeMap, level: number): void {
  for (const [name, entry] of map) {
    visitEntry(walk, prefix === undefined ? name : `${prefix}.${name}`, entry, level);
  }
}

function visitEntry(walk: Walk, key: string, entry: Entry, level: number): void {
  const { value, at } = entry;
  spend(walk, key.length + 1, at);
  walk.visitor.node?.(key, entry);
  if (value === null) return;
  if (typeof value === 'string') {
    leaf(walk, key, value, at);
    return;
  }
  if (level >= maxLevels) throw problemAt(walk.parsed.format, walk.parsed.text, at, tooDeep);
  if (isMap(value)) visitMap(walk, key, value, level + 1);
  else visitList(walk, key, value, at, level + 1);
}

function visitList(walk: Walk, key: string, list: TreeList, at: number, level: number): void {
  const joined = joinScalars(list);
  if (joined !== undefined) leaf(walk, key, joined, at);
  list.forEach((item, index) => visitEntry(walk, `${key}[${index}]`, item, level));
}

/** A list of scalars as `getListProperty` reads it; nulls are left out; `undefined` if anything else is in the list. */
function joinScalars(list: TreeList): string | undefined {
  const texts: string[] = [];
  for (const { value } of list) {
    if (value === null) continue;
    if (typeof value !== 'string') return undefined;
    texts.push(value.replace(/[\\,]/g, '\\$&'));
  }
  return texts.join(',');
}

function leaf(walk: Walk, key: string, text: string, at: number): void {
  spend(walk, text.length, at);
  walk.visitor.leaf?.(key, text, at);
}

function spend(walk: Walk, characters: number, at: number): void {
  walk.left -= characters;
  if (walk.left >= 0) return;
  const { format, text } = walk.parsed;
  throw problemAt(format, text, at, `grows to more than ${flatLimit(text)} characters when flattened`);
}

/**
 * A tree as dotted keys: `a.b`, `a.list[0].name`, and `a.list` joined by commas for a list of scalars. An empty list is
 * `''`, an empty map nothing, a null absent: as a value, as an item (the others keep their index) and in the joined text.
 *
 * @throws FormatError where a key comes up twice (`a: { b: 1 }` beside `a.b: 2`), and as {@link visit}
 */
export function flatten(parsed: Parsed): Map<string, string> {
  return collect(parsed, (text) => text);
}

/** As {@link flatten}, with what `pick` makes of each value and its offset. */
export function collect<T>(parsed: Parsed, pick: (text: string, at: number) => T): Map<string, T> {
  const entries = new Map<string, T>();
  visit(parsed, {
    leaf(key, text, at) {
      if (entries.has(key)) throw problemAt(parsed.format, parsed.text, at, `duplicate key ${quote(key)}`);
      entries.set(key, pick(text, at));
    },
  });
  return entries;
}

/** Where every entry of a tree stands. */
export function placesIn(parsed: Parsed): Places {
  return { text: parsed.text, offsets: collect(parsed, (_text, at) => at) };
}
