import { type Entry, isList, isMap, type TreeMap } from './tree.js';

/**
 * Reads TOML that a parser has already found valid, for what such a parser does not tell: the text of a scalar as it
 * stands (`1_000`, `0x1F`, a date) and its place. Nothing is checked again here.
 */
interface Scanner {
  readonly text: string;
  at: number;
}

type OpenMap = Map<string, Entry>;

export function scanToml(text: string): TreeMap {
  const scanner: Scanner = { text, at: 0 };
  const root: OpenMap = new Map();
  let table = root;
  for (skipVoid(scanner); scanner.at < text.length; skipVoid(scanner)) {
    if (text[scanner.at] === '[') table = openTable(scanner, root);
    else readPair(scanner, table);
  }
  return root;
}

function openTable(scanner: Scanner, root: OpenMap): OpenMap {
  const at = scanner.at;
  const isArray = scanner.text.startsWith('[[', at);
  scanner.at += isArray ? 2 : 1;
  const path = readKeys(scanner);
  scanner.at += isArray ? 2 : 1;
  const last = path.pop() ?? '';
  const parent = path.reduce((map, name) => descend(map, name, at), root);
  if (!isArray) return descend(parent, last, at);
  return append(parent, last, at);
}

// The tree is read-only for everybody but this scanner, which made its maps and lists.

/** A new table at the end of an array of tables. */
function append(map: OpenMap, name: string, at: number): OpenMap {
  const table: OpenMap = new Map();
  const list = map.get(name)?.value ?? [];
  if (!map.has(name)) map.set(name, { at, value: list });
  (list as Entry[]).push({ at, value: table });
  return table;
}

/** The table of this name, or the last one of an array of tables; a new one if there is none. */
function descend(map: OpenMap, name: string, at: number): OpenMap {
  const found = map.get(name)?.value;
  const value = found !== undefined && isList(found) ? found.at(-1)?.value : found;
  if (value !== undefined && isMap(value)) return value as OpenMap;
  const made: OpenMap = new Map();
  map.set(name, { at, value: made });
  return made;
}

function readPair(scanner: Scanner, table: OpenMap): void {
  const at = scanner.at;
  const path = readKeys(scanner);
  scanner.at += 1;
  skipBlanks(scanner);
  const last = path.pop() ?? '';
  const parent = path.reduce((map, name) => descend(map, name, at), table);
  parent.set(last, { at, value: readValue(scanner) });
}

const bareKey = /[^\s.=\]]+/y;

/** `a."b c".d`, up to the `=` or `]` after it. */
function readKeys(scanner: Scanner): string[] {
  const path: string[] = [];
  for (;;) {
    skipBlanks(scanner);
    const quoted = scanner.text[scanner.at] === '"' || scanner.text[scanner.at] === "'";
    path.push(quoted ? readString(scanner) : match(scanner, bareKey));
    skipBlanks(scanner);
    if (scanner.text[scanner.at] !== '.') return path;
    scanner.at += 1;
  }
}

// A date and a time may be parted by a blank.
const bareValue = /\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+/y;

function readValue(scanner: Scanner): Entry['value'] {
  switch (scanner.text[scanner.at]) {
    case '"':
    case "'":
      return readString(scanner);
    case '[':
      return readArray(scanner);
    case '{':
      return readInlineTable(scanner);
    default:
      return match(scanner, bareValue);
  }
}

function readArray(scanner: Scanner): Entry[] {
  const items: Entry[] = [];
  readItems(scanner, ']', () => items.push({ at: scanner.at, value: readValue(scanner) }));
  return items;
}

function readInlineTable(scanner: Scanner): OpenMap {
  const table: OpenMap = new Map();
  readItems(scanner, '}', () => readPair(scanner, table));
  return table;
}

function readItems(scanner: Scanner, close: string, readItem: () => void): void {
  scanner.at += 1;
  for (skipVoid(scanner); scanner.text[scanner.at] !== close; skipVoid(scanner)) {
    readItem();
    skipVoid(scanner);
    if (scanner.text[scanner.at] === ',') scanner.at += 1;
  }
  scanner.at += 1;
}

function readString(scanner: Scanner): string {
  const { text } = scanner;
  const quote = text.charAt(scanner.at);
  const isMultiline = text.startsWith(quote.repeat(3), scanner.at);
  const fence = isMultiline ? quote.repeat(3) : quote;
  const start = scanner.at + fence.length;
  let end = start;
  while (!text.startsWith(fence, end)) end += text[end] === '\\' && quote === '"' ? 2 : 1;
  // Up to two quotes may stand right before the closing three.
  while (isMultiline && text[end + 3] === quote) end += 1;
  scanner.at = end + fence.length;
  const body = isMultiline ? text.slice(start, end).replace(/^\r?\n/, '') : text.slice(start, end);
  return quote === '"' ? unescape(body) : body;
}

const escapes = /\\(?:([ \t]*\r?\n[ \t\r\n]*)|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g;

const shortEscapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\x1b' };

function unescape(body: string): string {
  if (!body.includes('\\')) return body;
  return body.replace(escapes, (...groups: (string | undefined)[]) => {
    const [, lineEnd, hex2, hex4, hex8, character = ''] = groups;
    if (lineEnd !== undefined) return '';
    const hex = hex2 ?? hex4 ?? hex8;
    return hex === undefined ? (shortEscapes[character] ?? character) : String.fromCodePoint(Number.parseInt(hex, 16));
  });
}

function match(scanner: Scanner, pattern: RegExp): string {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.text)?.[0] ?? '';
  scanner.at += found.length;
  return found;
}

const blanks = /[ \t]*/y;
const whitespace = /\s*/y;
const comment = /#[^\n]*/y;

function skipBlanks(scanner: Scanner): void {
  match(scanner, blanks);
}

function skipVoid(scanner: Scanner): void {
  do match(scanner, whitespace);
  while (match(scanner, comment) !== '');
}
