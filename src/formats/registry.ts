import { ConfigError, FormatError } from '../core/errors.js';
import { quote } from '../core/redact.js';
import { dotenv } from './dotenv.js';
import { flatten } from './flatten.js';
import type { Format } from './format.js';
import { json, jsonc } from './json.js';
import { properties } from './properties.js';
import { toml } from './toml.js';
import { treeOf } from './tree-of.js';
import { yaml } from './yaml.js';

/** The formats that are known without registration; where a file name fits several, the first. */
export const builtInFormats: readonly Format[] = [properties, yaml, json, jsonc, dotenv, toml];

/** A format as users write one: its `parse` may also return nested data, which is flattened as YAML is. */
export interface FormatLike extends Omit<Format, 'parse'> {
  parse(text: string): ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;
}

const registry = Symbol.for('calumma.formats');

/** On the global object, so that two copies of this package in one process agree. */
function registered(): Map<string, Format> {
  const shared = globalThis as unknown as Partial<Record<symbol, Map<string, Format>>>;
  return (shared[registry] ??= new Map<string, Format>());
}

/**
 * Adds a format to this process. It goes before the built-in ones, and replaces a format of the same name.
 *
 * @throws ConfigError `CALUMMA_OPTION` if it is no format
 * @example
 * registerFormat({
 *   name: 'ini',
 *   extensions: ['.ini'],
 *   parse: (text) => ini.parse(text),
 * });
 */
export function registerFormat(format: FormatLike): void {
  const added = asFormat(format);
  const formats = registered();
  formats.delete(added.name);
  formats.set(added.name, added);
}

/**
 * A user's format as a {@link Format}: what its `parse` returns is flattened, what it throws becomes a FormatError.
 *
 * @throws ConfigError `CALUMMA_OPTION` if it is no format
 */
export function asFormat(format: FormatLike): Format {
  const known = builtInFormats.find((builtIn) => builtIn === format);
  if (known !== undefined) return known;
  checkFormat(format);
  // Not a spread: the format may be an instance of a class.
  const { name, extensions, mediaTypes, incremental } = format;
  return Object.freeze({
    name,
    extensions,
    ...(mediaTypes && { mediaTypes }),
    ...(incremental && { incremental }),
    ...(format.locate && { locate: format.locate.bind(format) }),
    ...(format.locator && { locator: format.locator.bind(format) }),
    parse: (text: string) => parseWith(format, text),
  });
}

function parseWith(format: FormatLike, text: string): ReadonlyMap<string, string> {
  let data: unknown;
  try {
    data = format.parse(text);
  } catch (cause) {
    // The message is not passed on: most parsers quote the text, which may hold a secret.
    throw cause instanceof ConfigError ? cause : new FormatError(format.name, 'does not parse', 1, 1, { cause });
  }
  const root = treeOf(data);
  if (root instanceof Map) return flatten({ format: format.name, text, root });
  throw new ConfigError('CALUMMA_OPTION', `format ${quote(format.name)}: parse must return a Map or an object`);
}

function checkFormat(format: unknown): void {
  const { name, extensions, mediaTypes, parse, locate, locator } = Object(format) as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') refuse('a format needs a name');
  const label = `format ${quote(name)}`;
  if (!isStrings(extensions) || !extensions.every((extension) => /^\../.test(extension))) {
    refuse(`${label}: extensions must be a list of strings that begin with a dot, such as [".ini"]`);
  }
  if (mediaTypes !== undefined && !isStrings(mediaTypes)) refuse(`${label}: mediaTypes must be a list of strings`);
  if (typeof parse !== 'function') refuse(`${label}: parse must be a function from text to entries`);
  if (!isOptionalFunction(locate) || !isOptionalFunction(locator)) refuse(`${label}: locate must be a function`);
}

function refuse(problem: string): never {
  throw new ConfigError('CALUMMA_OPTION', problem);
}

function isOptionalFunction(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** All formats: the registered ones, the latest first, then the built-in ones whose names are not taken. */
export function allFormats(): readonly Format[] {
  const added = registered();
  return [...[...added.values()].reverse(), ...builtInFormats.filter(({ name }) => !added.has(name))];
}

/**
 * The format of this name.
 *
 * @throws ConfigError `CALUMMA_UNKNOWN_FORMAT`, with the names that are known
 */
export function formatNamed(name: string): Format {
  const found = allFormats().find((format) => format.name === name);
  if (found !== undefined) return found;
  const known = allFormats().map((format) => format.name);
  throw new ConfigError('CALUMMA_UNKNOWN_FORMAT', `no format is called ${quote(name)}; known are ${known.join(', ')}`);
}

/**
 * The format a file name asks for, by its extension in any case; the longest extension that fits wins. `.env`,
 * `app.env` and `.env.local` are dotenv.
 *
 * @example formatForPath('config/application-prod.YML')?.name; // 'yaml'
 */
export function formatForPath(path: string): Format | undefined {
  const name = baseName(path);
  let found: Format | undefined;
  let length = 0;
  for (const format of allFormats()) {
    for (const extension of format.extensions) {
      if (extension.length <= length || !name.endsWith(extension.toLowerCase())) continue;
      found = format;
      length = extension.length;
    }
  }
  return found ?? (name.startsWith('.env.') ? allFormats().find((format) => format.name === 'dotenv') : undefined);
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();
}

/**
 * As {@link formatForPath}.
 *
 * @throws ConfigError `CALUMMA_UNKNOWN_FORMAT`, with the extensions that are known
 */
export function requireFormatForPath(path: string): Format {
  const found = formatForPath(path);
  if (found !== undefined) return found;
  const known = allFormats().flatMap((format) => format.extensions);
  throw new ConfigError(
    'CALUMMA_UNKNOWN_FORMAT',
    `no format for ${quote(baseName(path))}; known are ${known.join(', ')}, or name one with "format"`,
  );
}

/**
 * The format of a `Content-Type`; its parameters do not matter, and `application/vnd.example+json` is JSON.
 *
 * @example formatForMediaType('application/yaml; charset=utf-8')?.name; // 'yaml'
 */
export function formatForMediaType(type: string): Format | undefined {
  const plain = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  const suffix = /\+[^+]*$/.exec(plain)?.[0];
  const speaks = (wanted: string | undefined) => (format: Format) =>
    wanted !== undefined && format.mediaTypes?.some((mediaType) => mediaType.toLowerCase() === wanted) === true;
  return allFormats().find(speaks(plain)) ?? allFormats().find(speaks(suffix));
}
