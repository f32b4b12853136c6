import { createRequire } from 'node:module';

import type * as SmolToml from 'smol-toml';

import { FormatError } from '../core/errors.js';
import { flatten, placesIn } from './flatten.js';
import type { Format } from './format.js';
import { placesBy } from './places.js';
import { plainText, problemAt } from './text.js';
import { scanToml } from './toml-scan.js';
import { maxLevels, type Parsed, tooDeep } from './tree.js';

const require = createRequire(import.meta.url);

function read(source: string): Parsed {
  const text = plainText('toml', source);
  validate(text);
  return { format: 'toml', text, root: scanToml(text) };
}

function validate(text: string): void {
  const { parse } = require('smol-toml') as typeof SmolToml;
  try {
    // BigInt, or an integer above 2^53 would be refused.
    parse(text, { integersAsBigInt: true, maxDepth: maxLevels });
  } catch (error) {
    throw syntaxError(text, error);
  }
}

/** No `cause`: below its first line, the message of a TomlError quotes the text. */
function syntaxError(text: string, error: unknown): FormatError {
  const { message, line, column } = error as { message?: unknown; line?: unknown; column?: unknown };
  if (typeof message !== 'string' || typeof line !== 'number' || typeof column !== 'number') {
    return problemAt('toml', text, 0, 'the text cannot be read');
  }
  const reason = (message.split('\n', 1)[0] ?? '').replace('Invalid TOML document: ', '');
  return new FormatError('toml', reason.includes('nested') ? tooDeep : reason, line, column);
}

/**
 * TOML, checked by smol-toml, flattened as YAML is: integers, floats and dates keep the text they have in the file
 * (`1_000`, `0x1F`, `1979-05-27 07:32:00`), and an array of tables is `a[0].b`.
 */
export const toml: Format = {
  name: 'toml',
  extensions: ['.toml'],
  mediaTypes: ['application/toml', 'text/toml'],
  parse: (text) => flatten(read(text)),
  ...placesBy((text) => placesIn(read(text))),
};
