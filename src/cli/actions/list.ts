import { type Access, type Row, withAccess } from '../access/access.js';
import { oneLine } from '../lines.js';
import type { ReadOptions } from '../options.js';
import { columns, type Output } from '../output.js';
import type { Terminal } from '../terminal.js';

export async function list({ output }: Terminal, prefix: string, options: ReadOptions & { readonly all?: true }): Promise<void> {
  await withAccess(options, async (access) => {
    const rows = await access.list(prefix);
    const shown = options.all === true || prefix !== '' ? rows : rows.filter((row) => !row.ambient);
    if (options.json === true) output.json(rows.map(({ ambient: _, ...row }) => row));
    else print(output, shown, rows.length - shown.length);
    if (rows.length === 0 && prefix !== '') output.problem(await nothingBelow(access, prefix), 'yellow');
  });
}

function print(output: Output, rows: readonly Row[], left: number): void {
  const lines = columns(rows.map(({ key, value, origin }) => (origin === null ? [oneLine(key), oneLine(value)] : [oneLine(key), oneLine(value), output.style('dim', oneLine(origin))])));
  for (const line of lines) output.line(line);
  if (left > 0) output.line(output.style('dim', `and ${left} variables of the environment: --all`));
}

/** A prefix below which there is nothing was often meant to be another. */
async function nothingBelow(access: Access, prefix: string): Promise<string> {
  const { nearest } = await import('../../index.js');
  const close = nearest(prefix, prefixesOf(await access.keys()));
  return `calumma: nothing is set at or below ${oneLine(prefix)}${close === undefined ? '' : `; did you mean ${oneLine(close)}?`}`;
}

function prefixesOf(keys: readonly string[]): string[] {
  const prefixes = new Set<string>();
  for (const key of keys) {
    prefixes.add(key);
    for (let dot = key.indexOf('.'); dot > 0; dot = key.indexOf('.', dot + 1)) prefixes.add(key.slice(0, dot));
  }
  return [...prefixes];
}
