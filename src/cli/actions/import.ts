import { setImmediate as turn } from 'node:timers/promises';

import type { Signature } from '../access/access.js';
import { entriesOfFile } from '../access/file-entries.js';
import { nameOfLayer, optionsOf, withConfig } from '../config.js';
import { type Config, type ConfigOptions, createConfig, values } from '../../index.js';
import { Failure, Misuse } from '../exit.js';
import { counted } from '../lines.js';
import { countOf, type WriteChoice } from '../options.js';
import { progressOn } from '../progress.js';
import { signatureOf } from '../signature.js';
import type { Terminal } from '../terminal.js';
import { print } from './diff.js';

interface ImportOptions extends WriteChoice {
  readonly to?: string;
  readonly deleteMissing?: true;
  readonly batch: string;
}

/** What is still to be written, `null` for a key to be removed. */
interface Plan {
  readonly writes: readonly (readonly [key: string, value: string | null])[];
  readonly unchanged: number;
}

export async function importFile(terminal: Terminal, file: string, options: ImportOptions): Promise<void> {
  const size = countOf(options.batch);
  if (size === undefined) throw new Misuse(`--batch: expected a count such as 1000, found ${JSON.stringify(options.batch)}`);
  if (options.to !== undefined && options.layer !== undefined && options.to !== options.layer) throw new Misuse('--to and --layer name two layers');
  const wanted = entriesOfFile(file);
  const layer = options.to ?? options.layer;
  await withConfig(layerOptions(optionsOf(options), layer), async (config) => {
    const plan = planOf(config, wanted, options.deleteMissing === true);
    const [name = ''] = config.layers;
    if (options.dryRun === true) return show(terminal, name, config, plan, options.json === true);
    await write(terminal, config, plan.writes, { signature: signatureOf(options, `calumma import ${file}`), size });
    tell(terminal, name, plan, options.json === true);
  });
}

/** A cascade of the one layer that is written to, so that its entries are those of the store and nothing else. */
function layerOptions(options: ConfigOptions, name: string | undefined): ConfigOptions {
  const { cacheDir: _, cache: __, guards: ___, ...bare } = options;
  const target = name ?? writableOf(bare);
  const layer = options.layers.find((one) => nameOfLayer(one) === target);
  if (layer === undefined) throw new Failure(`no layer is called ${JSON.stringify(target)}; there are ${options.layers.map(nameOfLayer).join(', ')}`);
  // Without a reading of it, everything would look missing.
  const spec = 'source' in layer ? layer : { source: layer };
  return { ...bare, layers: [{ ...spec, required: true }], interpolate: false };
}

function writableOf(options: ConfigOptions): string {
  const config = createConfig(options);
  const [highest] = config.writables;
  void config.close();
  if (highest === undefined) throw new Failure(`no layer can be written; there are ${config.layers.join(', ')}`);
  return highest;
}

function planOf(config: Config, wanted: ReadonlyMap<string, string>, deleteMissing: boolean): Plan {
  config.writable();
  const present = new Map(config.entries());
  const changed = [...wanted].filter(([key, value]) => present.get(key) !== value);
  const missing = deleteMissing ? [...present.keys()].filter((key) => !wanted.has(key)) : [];
  return { writes: [...changed, ...missing.map((key) => [key, null] as const)], unchanged: wanted.size - changed.length };
}

async function write({ output, stop }: Terminal, config: Config, writes: Plan['writes'], { signature, size }: { readonly signature: Signature; readonly size: number }): Promise<void> {
  const store = config.writable();
  const progress = progressOn(output, writes.length);
  try {
    for (let done = 0; done < writes.length; done += size) {
      // A Ctrl-C gets its turn between two batches.
      await turn();
      if (stop.aborted) throw new Failure(`interrupted after ${done} of ${writes.length} keys; run it again to go on`);
      await store.set(writes.slice(done, done + size), signature).catch((error: unknown) => {
        throw done === 0 ? error : new Failure(`after ${done} of ${writes.length} keys: ${(error as Error).message}`, { cause: error });
      });
      progress.at(Math.min(done + size, writes.length));
    }
  } finally {
    progress.end();
  }
}

function show({ output }: Terminal, layer: string, config: Config, { writes, unchanged }: Plan, json: boolean): void {
  // The coming values, so that what may not be shown of them is known too.
  const coming = createConfig({ layers: [values(writes.filter((entry): entry is readonly [string, string] => entry[1] !== null))], interpolate: false });
  const differences = writes.map(([key]) => ({ key, before: config.explain(key).value ?? null, after: coming.explain(key).value ?? null }));
  if (json) return output.json({ layer, changes: differences, unchanged });
  print(output, differences);
  output.problem(`${counted(writes.length, 'key')} would be written to ${layer}, ${unchanged} are there already`, 'dim');
}

function tell({ output }: Terminal, layer: string, { writes, unchanged }: Plan, json: boolean): void {
  const deleted = writes.filter(([, value]) => value === null).length;
  const result = { layer, set: writes.length - deleted, deleted, unchanged };
  if (json) output.json(result);
  else output.line(`${counted(result.set, 'key')} set in ${layer}, ${deleted} deleted, ${unchanged} were there already`);
}
