import { type Access, type Edit, type Preview, withAccess } from '../access/access.js';
import { Misuse } from '../exit.js';
import { counted, oneLine, valueOrNot } from '../lines.js';
import type { WriteChoice } from '../options.js';
import type { Output } from '../output.js';
import { signatureOf } from '../signature.js';
import type { Terminal } from '../terminal.js';
import { notSet } from './get.js';

export interface EditOptions extends WriteChoice {
  readonly expect?: string;
}

export async function set(terminal: Terminal, pairs: readonly string[], options: EditOptions): Promise<void> {
  await edit(terminal, { set: pairsOf(pairs), remove: new Set(), layer: options.layer }, options);
}

export async function remove(terminal: Terminal, keys: readonly string[], options: EditOptions): Promise<void> {
  await edit(terminal, { set: new Map(), remove: new Set(keys), layer: options.layer }, options);
}

/** @throws Misuse for what is no KEY=VALUE, and for a key that comes twice */
function pairsOf(pairs: readonly string[]): Map<string, string> {
  const entries = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    // What follows the key is not shown: it may be a secret in the wrong place.
    if (at <= 0) throw new Misuse(`expected KEY=VALUE, found ${at === 0 ? 'no key before =' : `${JSON.stringify(pair)} without =`}`);
    const key = pair.slice(0, at);
    if (entries.has(key)) throw new Misuse(`${key} is given twice`);
    entries.set(key, pair.slice(at + 1));
  }
  return entries;
}

async function edit({ output }: Terminal, change: Edit, options: EditOptions): Promise<void> {
  await withAccess(options, async (access) => {
    if (options.dryRun === true) return showPreview(output, await access.preview(change), options.json === true);
    if (options.json === true) return output.json(await access.write(change, signatureOf(options), options.expect));
    const preview = await hiddenBy(access, change);
    const holders = await holdersOf(access, change.remove);
    const done = await access.write(change, signatureOf(options), options.expect);
    const missed = [...change.remove].filter((key) => holders.get(key)?.includes(done.layer) === false);
    const what = change.set.size > 0 ? 'written to' : 'deleted from';
    output.line(`${counted(change.set.size + change.remove.size - missed.length, 'key')} ${what} ${oneLine(done.layer)}, version ${oneLine(done.version)}`);
    for (const key of missed) output.problem((await notSet(access, key, `calumma: ${done.layer} had no ${oneLine(key)}`)).message, 'yellow');
    if (preview !== undefined) showHidden(output, preview);
  });
}

/** Which layers have a key, as far as they are known before it is removed: a slip in a key would else look like a removal. */
async function holdersOf(access: Access, keys: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly string[]>> {
  const holders = new Map<string, readonly string[]>();
  for (const key of keys) {
    const { winner, hidden } = await access.explain(key);
    holders.set(key, [...(winner === null ? [] : [winner]), ...hidden].map(({ layer }) => layer));
  }
  return holders;
}

/** What the write will not be seen by; of no importance beside the write itself, which says what is wrong. */
async function hiddenBy(access: Access, change: Edit): Promise<Preview | undefined> {
  try {
    return await access.preview(change);
  } catch {
    return undefined;
  }
}

/** What would change for readers. */
export function showPreview(output: Output, preview: Preview, json: boolean): void {
  if (json) return output.json(preview);
  for (const { key, before, after } of preview.changes) {
    output.line(`${output.style('bold', oneLine(key))}  ${output.style('dim', valueOrNot(before))} → ${output.style('green', valueOrNot(after))}`);
  }
  if (preview.changes.length === 0) output.line('nothing would change for readers');
  showHidden(output, preview);
}

function showHidden(output: Output, { hidden }: Preview): void {
  for (const { key, by } of hidden) output.problem(`${oneLine(key)} also stands in ${by}, which goes first: readers go on seeing that`, 'yellow');
}
