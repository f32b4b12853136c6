import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { type Config, type OutputFormat, type OutputSpec, render } from '../../index.js';
import { fileNameOf } from './file-name.js';

/** Files that are summed up before others have their turn. */
const slice = 1_000;

/** The files that an output is to have. */
export interface Tree {
  /** Texts by their paths below the tree; always with `/`. */
  readonly files: ReadonlyMap<string, string>;
  /** SHA-256 of each, in hex. */
  readonly sums: Readonly<Record<string, string>>;
  /** Of all of it: the same files have the same one. */
  readonly hash: string;
  readonly keys: number;
  /** Keys that are secrets, and not in it. */
  readonly leftOut: readonly string[];
  /** Values that must not be shown, and are in it. */
  readonly secrets: readonly string[];
}

/**
 * What is read is of one moment; it is worked out in slices, so that requests are answered in between.
 *
 * @throws ConfigError `CALUMMA_COLLISION`, `CALUMMA_OPTION` for what an environment cannot hold
 */
export async function treeOf(config: Config, { config: name, prefix, formats, reveal }: OutputSpec): Promise<Tree> {
  const { open, secret } = apart(config, prefix);
  const entries = (reveal ? [...open, ...secret] : open).sort(([a], [b]) => (a < b ? -1 : 1));
  const files = new Map<string, string>();
  for (const format of formats) {
    await setImmediate();
    for (const [path, text] of filesOf(name, format, entries)) files.set(path, text);
  }
  const sums = await sumsOf(files);
  return {
    files,
    sums,
    hash: hashOf(sums),
    keys: entries.length,
    leftOut: reveal ? [] : secret.map(([key]) => key),
    secrets: reveal ? secret.map(([, value]) => value) : [],
  };
}

async function sumsOf(files: ReadonlyMap<string, string>): Promise<Readonly<Record<string, string>>> {
  const sums: [path: string, sum: string][] = [];
  for (const [path, text] of files) {
    if (sums.length % slice === 0) await setImmediate();
    sums.push([path, sumOf(text)]);
  }
  return Object.fromEntries(sums);
}

type Entry = [key: string, value: string];

/** An address with a password in it is no use without, so it is a secret as a whole. */
function apart(config: Config, prefix: string): { readonly open: Entry[]; readonly secret: Entry[] } {
  const [open, secret]: [Entry[], Entry[]] = [[], []];
  for (const [key, value] of config.entries(prefix)) (config.masked(key) === value ? open : secret).push([key, value]);
  return { open, secret };
}

function filesOf(name: string, format: OutputFormat, entries: readonly Entry[]): Entry[] {
  if (format !== 'files') return [[`${name}.${format}`, render(new Map(entries), format)]];
  return entries.map(([key, value]) => [`${name}/${fileNameOf(key)}`, value]);
}

/** Of the paths and sums of all files. */
export function hashOf(sums: Readonly<Record<string, string>>): string {
  const lines = Object.entries(sums).map(([path, sum]) => `${sum}  ${path}\n`);
  return sumOf(lines.sort().join('')).slice(0, 16);
}

export function sumOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
