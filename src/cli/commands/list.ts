import { Command } from 'commander';

import type { Config } from '../../index.js';
import { type ConfigChoice, withConfig } from '../config.js';
import { columns, type Output } from '../output.js';
import type { Terminal } from '../terminal.js';

interface ListOptions extends ConfigChoice {
  readonly json?: true;
  readonly all?: true;
}

interface Row {
  readonly key: string;
  /** `***` for a secret. */
  readonly value: string;
  readonly secret: boolean;
  readonly layer: string | null;
  readonly origin: string | null;
  /** Only the environment has it: most likely not meant for this program. */
  readonly ambient: boolean;
}

export function listCommand({ output }: Terminal): Command {
  return new Command('list')
    .description('print what is set, by key; secrets as ***')
    .argument('[prefix]', 'only keys at or below it', '')
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--all', 'also the variables of the environment that nothing else sets')
    .option('--json', 'as a list of {"key", "value", "secret", "layer", "origin"}')
    .action((prefix: string, options: ListOptions) =>
      withConfig(options, (config) => {
        const rows = rowsOf(config, prefix);
        const shown = options.all === true || prefix !== '' ? rows : rows.filter((row) => !row.ambient);
        if (options.json === true) output.json(rows.map(({ ambient: _, ...row }) => row));
        else print(output, shown, rows.length - shown.length);
      }),
    );
}

function rowsOf(config: Config, prefix: string): Row[] {
  const keys = config.keys(prefix).sort();
  return keys.map((key) => {
    const { value, secret, winner, hidden } = config.explain(key);
    const ambient = winner?.origin?.startsWith('env:') === true && hidden.length === 0;
    return { key, value: value ?? '', secret, layer: winner?.layer ?? null, origin: winner?.origin ?? null, ambient };
  });
}

function print(output: Output, rows: readonly Row[], left: number): void {
  for (const line of columns(rows.map(({ key, value, origin }) => [key, oneLine(value), output.style('dim', origin ?? '')]))) output.line(line);
  if (left > 0) output.line(output.style('dim', `and ${left} variables of the environment: --all`));
}

// One key, one line: a value over several lines would look like several keys.
function oneLine(value: string): string {
  return value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
