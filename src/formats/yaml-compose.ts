import { createRequire } from 'node:module';

import type { AliasEvent, Event, MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';

import type { FormatError } from '../core/errors.js';
import { quote } from '../core/redact.js';
import { problemAt } from './text.js';
import { type Entry, isList, isMap, maxLevels, tooDeep, type Tree, type TreeList, type TreeMap } from './tree.js';
import { isNull, kindOfTag, resolveTagged, stringTag, tagName, type YamlLibrary } from './yaml-tags.js';

const require = createRequire(import.meta.url);

/** `EVENT_ID` and `SCALAR_STYLE` of js-yaml: values, and the library is loaded on first use only. */
const event = { document: 1, sequence: 2, mapping: 3, scalar: 4, alias: 5, pop: 6 } as const;
const style = { plain: 1, singleQuoted: 2, doubleQuoted: 3 } as const;

/** How many keys all `<<` of a text may copy: a thousand merges of a thousand keys are an attack, not a file. */
const maxMergedKeys = 1_000_000;

interface Anchor {
  /** `undefined` while the node is still open: an alias to it would be recursive. */
  tree: Tree | undefined;
}

interface Composer {
  readonly yaml: YamlLibrary;
  readonly text: string;
  readonly events: readonly Event[];
  /** Index of the event ahead. */
  next: number;
  /** Offset behind the last scalar or alias, or of the last opening: an empty key or item, which has no place, follows. */
  reached: number;
  mergedKeys: number;
  anchors: Map<string, Anchor>;
  tagHandles: ReadonlyMap<string, string>;
}

type NodeEvent = MappingEvent | SequenceEvent | ScalarEvent | AliasEvent;

/**
 * The documents of a YAML text as trees, from the events of js-yaml. Its own constructor makes JavaScript values, and so
 * loses what matters here: the text of a scalar, whether it was quoted, and where it stands.
 *
 * @throws FormatError with line and column; its message has no word of the text but keys
 */
export function composeYaml(text: string): TreeMap[] {
  const yaml = require('js-yaml') as YamlLibrary;
  const composer: Composer = {
    yaml,
    text,
    events: parseEvents(yaml, text),
    next: 0,
    reached: 0,
    mergedKeys: 0,
    anchors: new Map(),
    tagHandles: new Map(),
  };
  const documents: TreeMap[] = [];
  while (composer.next < composer.events.length) documents.push(readDocument(composer));
  return documents;
}

function parseEvents(yaml: YamlLibrary, text: string): Event[] {
  try {
    // Its depth counts scalars and keys too; ours, which is checked below, counts maps and lists.
    return yaml.parseEvents(text, { maxDepth: maxLevels + 28 });
  } catch (error) {
    throw syntaxError(text, error);
  }
}

/**
 * No `cause`: a YAMLException carries the whole text in its mark and lines of it in its message, and some of its reasons
 * name a tag or a handle, which is what a password that begins with `!` looks like.
 */
function syntaxError(text: string, error: unknown): FormatError {
  const { reason, mark } = error as { reason?: unknown; mark?: { position: number } };
  if (typeof reason !== 'string') return problemAt('yaml', text, 0, 'the text cannot be read');
  const at = mark?.position ?? 0;
  return problemAt('yaml', text, at, explain(reason, text, at));
}

function explain(reason: string, text: string, at: number): string {
  if (reason.startsWith('nesting exceeded')) return tooDeep;
  if (reason.startsWith('bad indentation')) return `${reason}, or a value that needs quotes`;
  const indentation = text.slice(text.lastIndexOf('\n', at - 1) + 1, at + 1);
  if (/^ *\t/.test(indentation)) return 'a tab in the indentation';
  return reason.replace(/: .*$/s, '').replace(/ ?"[^"]*"/g, '');
}

function readDocument(composer: Composer): TreeMap {
  const opening = composer.events[composer.next++];
  composer.anchors = new Map();
  composer.tagHandles = new Map(
    opening?.type === event.document
      ? opening.directives.flatMap((directive) =>
          directive.kind === 'tag' ? [[directive.handle, directive.prefix] as const] : [],
        )
      : [],
  );
  const root = peek(composer);
  const at = offsetOf(composer, root);
  const tree = readNode(composer, 1);
  composer.next += 1;
  if (isMap(tree)) return tree;
  const empty = root.type === event.scalar && root.valueStart < 0 && tree === null;
  if (!empty) throw problemAt('yaml', composer.text, at, `expected a map, found ${kindOf(tree)}`);
  return new Map();
}

function kindOf(tree: Tree): string {
  if (tree === null) return 'null';
  if (typeof tree === 'string') return 'a scalar';
  return isMap(tree) ? 'a map' : 'a list';
}

function peek(composer: Composer): NodeEvent {
  // js-yaml closes what it opens, so a node is ahead wherever one is asked for.
  return composer.events[composer.next] as NodeEvent;
}

/** Where a node begins, with its anchor and tag; of a quoted scalar, the quote. */
function offsetOf(composer: Composer, node: NodeEvent): number {
  const starts = node.anchorStart >= 0 ? [node.anchorStart - 1] : [];
  if (node.type !== event.alias && node.tagStart >= 0) starts.push(node.tagStart);
  if (node.type === event.scalar && node.valueStart >= 0) starts.push(node.valueStart - quoteWidth(node));
  if (node.type === event.mapping || node.type === event.sequence) starts.push(node.start);
  return starts.length > 0 ? Math.min(...starts) : afterBlanks(composer.text, composer.reached);
}

function endOf(node: NodeEvent): number {
  if (node.type === event.alias) return node.anchorEnd;
  return node.type === event.scalar ? node.valueEnd + quoteWidth(node) : node.start;
}

function quoteWidth(node: ScalarEvent): 0 | 1 {
  return node.style === style.singleQuoted || node.style === style.doubleQuoted ? 1 : 0;
}

const blanks = /(?:\s|#[^\n]*)*/y;

function afterBlanks(text: string, from: number): number {
  blanks.lastIndex = from;
  return from + (blanks.exec(text)?.[0].length ?? 0);
}

function fail(composer: Composer, at: number, problem: string): never {
  throw problemAt('yaml', composer.text, at, problem);
}

function readNode(composer: Composer, level: number): Tree {
  const node = peek(composer);
  composer.next += 1;
  composer.reached = Math.max(composer.reached, endOf(node));
  if (node.type === event.alias) return readAlias(composer, node);
  const anchor: Anchor = { tree: undefined };
  if (node.anchorStart >= 0) composer.anchors.set(composer.text.slice(node.anchorStart, node.anchorEnd), anchor);
  if (node.type === event.scalar) anchor.tree = readScalar(composer, node);
  else {
    if (level > maxLevels) fail(composer, offsetOf(composer, node), tooDeep);
    anchor.tree = node.type === event.mapping ? readMap(composer, node, level) : readList(composer, node, level);
  }
  return anchor.tree;
}

function readAlias(composer: Composer, node: AliasEvent): Tree {
  const at = offsetOf(composer, node);
  const anchor = composer.anchors.get(composer.text.slice(node.anchorStart, node.anchorEnd));
  // The name is not quoted: it may be a secret that begins with `*` and should have stood in quotes.
  if (anchor === undefined) fail(composer, at, 'an alias without an anchor before it');
  if (anchor.tree === undefined) fail(composer, at, 'a recursive alias');
  return anchor.tree;
}

function readScalar(composer: Composer, node: ScalarEvent): Tree {
  const text = composer.yaml.getScalarValue(composer.text, node);
  const tag = tagOf(composer, node);
  if (tag === undefined) return node.style === style.plain && isNull(text) ? null : text;
  const kind = kindOfTag(tag);
  if (kind === undefined) fail(composer, offsetOf(composer, node), unknownTag);
  if (kind === 'map' && text === '') return new Map();
  if (kind === 'list' && text === '') return [];
  const resolved = resolveTagged(composer.yaml, tag, text);
  return resolved === undefined ? fail(composer, offsetOf(composer, node), misfit) : resolved;
}

// A tag is not quoted: it may be a secret that begins with `!` and should have stood in quotes.
const unknownTag = 'an unknown tag';
const misfit = 'a value that does not fit its tag';

/** The tag's full name; `!` alone says "not a plain scalar" and nothing of a collection. */
function tagOf(composer: Composer, node: Exclude<NodeEvent, AliasEvent>): string | undefined {
  if (node.tagStart < 0) return undefined;
  const written = composer.text.slice(node.tagStart, node.tagEnd);
  if (written === '!') return node.type === event.scalar ? stringTag : undefined;
  return tagName(written, composer.tagHandles);
}

function checkTag(composer: Composer, node: MappingEvent | SequenceEvent, kind: 'map' | 'list'): void {
  const tag = tagOf(composer, node);
  const tagged = tag === undefined ? kind : kindOfTag(tag);
  if (tagged !== kind) fail(composer, offsetOf(composer, node), tagged === undefined ? unknownTag : misfit);
}

function readList(composer: Composer, node: SequenceEvent, level: number): TreeList {
  checkTag(composer, node, 'list');
  const items: Entry[] = [];
  while (composer.events[composer.next]?.type !== event.pop) {
    const at = offsetOf(composer, peek(composer));
    items.push({ at, value: readNode(composer, level + 1) });
  }
  composer.next += 1;
  return items;
}

function readMap(composer: Composer, node: MappingEvent, level: number): TreeMap {
  checkTag(composer, node, 'map');
  const own = new Map<string, Entry>();
  let merged: Entry | undefined;
  while (composer.events[composer.next]?.type !== event.pop) {
    const at = offsetOf(composer, peek(composer));
    const isMerge = isMergeKey(composer, peek(composer));
    const key = readKey(composer, at, level);
    const value = readNode(composer, level + 1);
    if (isMerge ? merged !== undefined : own.has(key)) fail(composer, at, `duplicate key ${quote(key)}`);
    if (isMerge) merged = { at, value };
    else own.set(key, { at, value });
  }
  composer.next += 1;
  if (merged !== undefined) merge(composer, own, merged);
  return own;
}

function isMergeKey(composer: Composer, node: NodeEvent): boolean {
  if (node.type !== event.scalar || node.style !== style.plain || node.tagStart >= 0) return false;
  return composer.text.slice(node.valueStart, node.valueEnd) === '<<';
}

/** Scalars of any type are keys by their text: `1: x` is `1`. */
function readKey(composer: Composer, at: number, level: number): string {
  const key = readNode(composer, level + 1);
  if (typeof key === 'string') return key;
  return fail(composer, at, key === null ? 'a null key' : 'a key that is a map or a list');
}

/** https://yaml.org/type/merge.html: own keys win; of several maps, the earlier one. */
function merge(composer: Composer, own: Map<string, Entry>, { at, value }: Entry): void {
  const sources = isList(value) ? value.map((item) => item.value) : [value];
  for (const source of sources) {
    if (!isMap(source)) fail(composer, at, 'a merge of something that is no map');
    composer.mergedKeys += source.size + 1;
    if (composer.mergedKeys > maxMergedKeys) fail(composer, at, `merges of more than ${maxMergedKeys} keys`);
    for (const [key, entry] of source) if (!own.has(key)) own.set(key, entry);
  }
}
