import { type Access, type HistoryLine, withAccess } from '../access/access.js';
import { entriesOfFile } from '../access/file-entries.js';
import { optionsOf, withConfig } from '../config.js';
import { type Config, createConfig, values } from '../../index.js';
import { Failure, Misuse } from '../exit.js';
import { oneLine } from '../lines.js';
import type { ReadOptions } from '../options.js';
import type { Output } from '../output.js';
import type { Terminal } from '../terminal.js';

interface DiffOptions extends ReadOptions {
  readonly env?: true;
  readonly revision?: true;
  readonly layer?: string;
  readonly exitCode?: true;
}

/** One key that differs, as it may be shown; `null` is "not set". */
interface Difference {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

export async function diff({ output }: Terminal, a: string, b: string | undefined, options: DiffOptions): Promise<void> {
  const differences = await between(a, b, options);
  if (options.json === true) output.json(differences);
  else print(output, differences);
  if (options.exitCode === true && differences.length > 0) throw new Failure(`they differ in ${differences.length}`);
}

async function between(a: string, b: string | undefined, options: DiffOptions): Promise<Difference[]> {
  if (options.env === true && options.revision === true) throw new Misuse('--env and --revision exclude each other');
  if (options.revision === true) return revisions(a, b, options);
  if (b === undefined) throw new Misuse(`expected two ${options.env === true ? 'environments' : 'files'} to compare, found one`);
  if (options.env === true) return environments(a, b, options);
  return compared(sideOf(configOfFile(a)), sideOf(configOfFile(b)));
}

function configOfFile(path: string): Config {
  return createConfig({ layers: [values(entriesOfFile(path), { name: path })], interpolate: false });
}

/** Values to compare, and what may be shown of them. */
type Side = ReadonlyMap<string, { readonly value: string; readonly shown: string }>;

function sideOf(config: Config): Side {
  return new Map(config.entries().map(([key, value]) => [key, { value, shown: config.explain(key).value ?? '' }]));
}

function compared(a: Side, b: Side): Difference[] {
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort();
  return keys.filter((key) => a.get(key)?.value !== b.get(key)?.value).map((key) => ({ key, before: a.get(key)?.shown ?? null, after: b.get(key)?.shown ?? null }));
}

async function environments(a: string, b: string, options: DiffOptions): Promise<Difference[]> {
  if (options.sidecar !== undefined) throw new Misuse('--env and --sidecar exclude each other: a sidecar is in one environment');
  const side = (environment: string): Promise<Side> => {
    const described = optionsOf(options, { ...process.env, CALUMMA_ENV: environment });
    return withConfig({ ...described, context: { ...described.context, environment } }, sideOf);
  };
  // That they are two environments is no news.
  return compared(await side(a), await side(b)).filter(({ key }) => key !== 'CALUMMA_ENV');
}

async function revisions(a: string, b: string | undefined, options: DiffOptions): Promise<Difference[]> {
  let found: Difference[] = [];
  await withAccess(options, async (access) => {
    const lines = await writtenBetween(access, a, b, options.layer);
    // Newest first: the first line of a key has what it became, the last what it was.
    const changes = new Map<string, Difference>();
    for (const { key, before, after } of lines) changes.set(key, { key, before, after: changes.has(key) ? (changes.get(key)?.after ?? null) : after });
    found = [...changes.values()].filter(({ before, after }) => before !== after || before === '***').sort((x, y) => (x.key < y.key ? -1 : 1));
  });
  return found;
}

const page = 1_000;
/** What a sidecar tells at once. */
const most = 10_000;

async function writtenBetween(access: Access, a: string, b: string | undefined, layer: string | undefined): Promise<readonly HistoryLine[]> {
  for (let limit = page; ; limit = Math.min(4 * limit, most)) {
    const lines = await access.history({ layer, limit });
    const at = (version: string): number => lines.findIndex((line) => line.version === version);
    const [from, to] = [at(a), b === undefined ? 0 : at(b)];
    if (from >= 0 && to >= 0) return to <= from ? lines.slice(to, from) : reversed(lines.slice(from, to));
    if (lines.length < limit || limit === most) throw new Failure(`the history has no version ${from < 0 ? a : (b ?? '')}`);
  }
}

/** From the later version to the earlier one. */
function reversed(lines: readonly HistoryLine[]): HistoryLine[] {
  return lines.map((line) => ({ ...line, before: line.after, after: line.before })).reverse();
}

export function print(output: Output, differences: readonly Difference[]): void {
  for (const { key, before, after } of differences) {
    if (before === null) output.line(output.style('green', `+ ${oneLine(key)} = ${oneLine(after ?? '')}`));
    else if (after === null) output.line(output.style('red', `- ${oneLine(key)} = ${oneLine(before)}`));
    else output.line(`${output.style('yellow', `~ ${oneLine(key)}`)}  ${output.style('red', oneLine(before))} → ${output.style('green', oneLine(after))}`);
  }
}
