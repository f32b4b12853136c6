import { createRequire } from 'node:module';

import type * as JsoncParser from 'jsonc-parser';

import { quote } from '../core/redact.js';
import { flatten, placesIn } from './flatten.js';
import type { Format } from './format.js';
import { placesBy } from './places.js';
import { plainText, problemAt } from './text.js';
import { type Entry, maxLevels, type Parsed, tooDeep, type Tree, type TreeMap } from './tree.js';

const require = createRequire(import.meta.url);

/** `SyntaxKind` of jsonc-parser: a const enum, which cannot be imported with `isolatedModules`. */
const token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineComment: 12,
  blockComment: 13,
  lineBreak: 14,
  trivia: 15,
  end: 17,
} as const;

/** `ScanError` of jsonc-parser, in words. */
const scanErrors: Readonly<Record<number, string>> = {
  1: 'a comment that does not end',
  2: 'a string that does not end on its line',
  3: 'a number that breaks off',
  4: 'a bad \\u escape',
  5: 'an unknown escape',
  6: 'a control character in a string',
};

/** Reads one token ahead; its grammar is RFC 8259, with comments and trailing commas where `lenient`. */
interface Reader {
  readonly format: string;
  readonly text: string;
  readonly lenient: boolean;
  readonly scanner: JsoncParser.JSONScanner;
  /** The token ahead. */
  next: number;
}

function read(format: string, lenient: boolean, source: string): Parsed {
  const text = plainText(format, source);
  const { createScanner } = require('jsonc-parser') as typeof JsoncParser;
  const reader: Reader = { format, text, lenient, scanner: createScanner(text, false), next: token.end };
  advance(reader);
  if (!ahead(reader, token.openBrace)) throw unexpected(reader, 'an object');
  const root = readMap(reader, 1);
  if (!ahead(reader, token.end)) throw unexpected(reader, 'nothing after the object');
  return { format, text, root };
}

function advance(reader: Reader): void {
  const { scanner, lenient } = reader;
  for (;;) {
    const found = scanner.scan() as number;
    const error = scanner.getTokenError() as number;
    if (error !== 0) throw problem(reader, scanErrors[error] ?? 'not JSON');
    const comment = found === token.lineComment || found === token.blockComment;
    if (comment && !lenient) throw problem(reader, 'a comment, which JSON does not have');
    if (comment || found === token.trivia || found === token.lineBreak) continue;
    reader.next = found;
    return;
  }
}

function ahead(reader: Reader, kind: number): boolean {
  return reader.next === kind;
}

function readValue(reader: Reader, level: number): Tree {
  const { scanner, text } = reader;
  switch (reader.next) {
    case token.openBrace:
      return readMap(reader, level + 1);
    case token.openBracket:
      return readList(reader, level + 1);
    case token.string:
      return take(reader, scanner.getTokenValue());
    case token.number:
    case token.true:
    case token.false:
      return take(reader, text.slice(scanner.getTokenOffset(), scanner.getPosition()));
    case token.null:
      return take(reader, null);
    default:
      throw unexpected(reader, 'a value');
  }
}

function take<T>(reader: Reader, value: T): T {
  advance(reader);
  return value;
}

function readMap(reader: Reader, level: number): TreeMap {
  const entries = new Map<string, Entry>();
  readItems(reader, level, token.closeBrace, '"}"', () => {
    if (!ahead(reader, token.string)) throw unexpected(reader, 'a key in double quotes');
    const at = reader.scanner.getTokenOffset();
    const key = take(reader, reader.scanner.getTokenValue());
    if (entries.has(key)) throw problemAt(reader.format, reader.text, at, `duplicate key ${quote(key)}`);
    if (!ahead(reader, token.colon)) throw unexpected(reader, '":" after the key');
    advance(reader);
    entries.set(key, { at, value: readValue(reader, level) });
  });
  return entries;
}

function readList(reader: Reader, level: number): Entry[] {
  const items: Entry[] = [];
  readItems(reader, level, token.closeBracket, '"]"', () => {
    const at = reader.scanner.getTokenOffset();
    items.push({ at, value: readValue(reader, level) });
  });
  return items;
}

/** What stands between brackets, commas included. */
function readItems(reader: Reader, level: number, close: number, closeName: string, readItem: () => void): void {
  if (level > maxLevels) throw problem(reader, tooDeep);
  advance(reader);
  if (ahead(reader, close)) return advance(reader);
  for (;;) {
    readItem();
    if (ahead(reader, close)) return advance(reader);
    if (!ahead(reader, token.comma)) throw unexpected(reader, `"," or ${closeName}`);
    advance(reader);
    if (reader.lenient && ahead(reader, close)) return advance(reader);
  }
}

function unexpected(reader: Reader, expected: string): Error {
  return problem(reader, `expected ${expected}${ahead(reader, token.end) ? ', found the end' : ''}`);
}

function problem(reader: Reader, what: string): Error {
  return problemAt(reader.format, reader.text, reader.scanner.getTokenOffset(), what);
}

/**
 * JSON to the letter of RFC 8259, with an object at its root. Numbers keep the text of the file, so none loses a digit,
 * and a key that stands twice is an error: `JSON.parse` would lose both.
 */
export const json: Format = {
  name: 'json',
  extensions: ['.json'],
  mediaTypes: ['application/json', 'text/json', '+json'],
  parse: (text) => flatten(read('json', false, text)),
  ...placesBy((text) => placesIn(read('json', false, text))),
};

/** JSON with comments and trailing commas. */
export const jsonc: Format = {
  name: 'jsonc',
  extensions: ['.jsonc'],
  mediaTypes: ['application/jsonc'],
  parse: (text) => flatten(read('jsonc', true, text)),
  ...placesBy((text) => placesIn(read('jsonc', true, text))),
};
