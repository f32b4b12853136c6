import type { FullReading, Source } from '../core/model.js';
import { stillSource } from './still.js';
import { checkOptions, checkText, optionError } from '../core/check.js';

export interface EnvOptions {
  /** Only variables whose name begins so; they keep their full names. Default: all. */
  readonly prefix?: string;
  /** Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The layer's name. Default `env`. */
  readonly name?: string;
}

/**
 * The environment: `GATEWAY_LIMIT=50` is listed as `GATEWAY_LIMIT` and also answers `gateway.limit`.
 *
 * A key is looked up in three steps, those of MicroProfile Config: as it is; with each character that is no ASCII
 * letter, digit or `_` turned into `_`; that in upper case. It is read when the layer starts and again on `refresh()`.
 * Origins read `env:GATEWAY_LIMIT`.
 *
 * @throws ConfigError `CALUMMA_OPTION`
 * @example const environment = env({ prefix: 'GATEWAY_' });
 */
export function env(options: EnvOptions = {}): Source {
  checkOptions('env', options, ['prefix', 'environment', 'name']);
  const { prefix = '', environment = process.env, name = 'env' } = options;
  checkText('env({ name })', name);
  if (typeof prefix !== 'string') throw optionError('env({ prefix })', 'a string', prefix);
  checkEnvironment(environment);
  return { ...stillSource(name, () => readVariables(environment, prefix)), spelling: speller() };
}

function checkEnvironment(environment: unknown): void {
  if (typeof environment !== 'object' || environment === null || Array.isArray(environment)) {
    throw optionError('env({ environment })', 'an object of strings', environment);
  }
  for (const [variable, value] of Object.entries(environment) as [string, unknown][]) {
    if (value !== undefined && typeof value !== 'string') {
      throw optionError(`env({ environment }): ${variable}`, 'a string', value);
    }
  }
}

function readVariables(environment: Readonly<Record<string, string | undefined>>, prefix: string): FullReading {
  const entries = new Map<string, string>();
  for (const [variable, value] of Object.entries(environment)) {
    if (value !== undefined && variable.startsWith(prefix)) entries.set(variable, value);
  }
  return { kind: 'full', entries, locate: (key) => (entries.has(key) ? `env:${key}` : undefined) };
}

/** Variable names by length: the three steps never change the length of a key. */
type NamesByLength = readonly (readonly string[] | undefined)[];

/**
 * The three steps, as a lookup that makes no string: it runs once for each key of every layer below, nearly always
 * without a hit.
 */
function speller(): NonNullable<Source['spelling']> {
  let indexed: ReadonlyMap<string, string> | undefined;
  let index: NamesByLength = [];
  return (key, entries) => {
    if (entries !== indexed) {
      index = namesByLength(entries);
      indexed = entries;
    }
    const names = index[key.length];
    return names === undefined ? undefined : spelledAs(key, names);
  };
}

function namesByLength(entries: ReadonlyMap<string, string>): NamesByLength {
  const index: string[][] = [];
  for (const name of entries.keys()) (index[name.length] ??= []).push(name);
  return index;
}

function spelledAs(key: string, names: readonly string[]): string | undefined {
  let replaced: string | undefined;
  let upper: string | undefined;
  for (const name of names) {
    const step = stepOf(key, name);
    if (step === 1) return name;
    if (step === 2) replaced = name;
    else if (step === 3) upper = name;
  }
  return replaced ?? upper;
}

/** The step by which `key` becomes `name`, which is as long; 0 if none does. UTF-16 units, as SmallRye Config does it. */
function stepOf(key: string, name: string): 0 | 1 | 2 | 3 {
  let exact = true;
  let replaced = true;
  let upper = true;
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    const wanted = name.charCodeAt(at);
    const plain = isNameUnit(unit) ? unit : underscore;
    exact &&= unit === wanted;
    replaced &&= plain === wanted;
    upper &&= (isLower(plain) ? plain - 32 : plain) === wanted;
    if (!exact && !replaced && !upper) return 0;
  }
  if (exact) return 1;
  return replaced ? 2 : 3;
}

const underscore = 95;

function isLower(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

function isNameUnit(unit: number): boolean {
  return isLower(unit) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === underscore;
}
