import { createRequire } from 'node:module';

import type * as Dotenv from 'dotenv';

import type { Format, Position } from './format.js';
import { plainText, positionAt } from './text.js';

const require = createRequire(import.meta.url);

function parse(source: string): Map<string, string> {
  const text = plainText('dotenv', source);
  const values = parseRecord(text);
  if (!text.includes('__proto__')) return new Map(Object.entries(values));
  // dotenv collects in a plain object, which loses this key.
  const standIn = unusedWord(text);
  const restore = (part: string): string => part.replaceAll(standIn, '__proto__');
  const renamed = parseRecord(text.replaceAll('__proto__', standIn));
  return new Map(Object.entries(renamed).map(([key, value]) => [restore(key), restore(value)]));
}

function parseRecord(text: string): Record<string, string> {
  return (require('dotenv') as typeof Dotenv).parse(text);
}

function unusedWord(text: string): string {
  let number = 0;
  while (text.includes(`unused${number}`)) number += 1;
  return `unused${number}`;
}

/**
 * The last assignment of `key`. What looks like one may be a line of a quoted value; whether it is one, dotenv itself
 * tells: under another name, the key must come up under that name.
 */
function locate(source: string, key: string): Position | undefined {
  const text = plainText('dotenv', source);
  const standIn = unusedWord(text);
  const isAssignment = (at: number): boolean =>
    Object.hasOwn(parseRecord(text.slice(0, at) + standIn + text.slice(at + key.length)), standIn);
  const at = candidates(text, key).findLast(isAssignment);
  return at === undefined ? undefined : positionAt(text, at);
}

function candidates(text: string, key: string): number[] {
  if (!/^[\w.-]+$/.test(key)) return [];
  const name = key.replace(/[.-]/g, '\\$&');
  const assignment = new RegExp(`(^[^\\S\\n]*(?:export\\s+)?)${name}(?=\\s*=|:\\s)`, 'gm');
  return Array.from(text.matchAll(assignment), ({ index, 1: indent = '' }) => index + indent.length);
}

/**
 * `.env` files as dotenv reads them: `export` and quotes are understood, `${…}` is left to the config, and a line that
 * is no assignment is passed over. The last of several assignments wins.
 */
export const dotenv: Format = {
  name: 'dotenv',
  extensions: ['.env'],
  parse,
  locate,
};
