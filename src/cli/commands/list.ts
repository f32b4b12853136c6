import { Command } from 'commander';

import type { Config } from '../../index.js';
import { type ConfigChoice, withConfig } from '../config.js';
import { columns, type Output } from '../output.js';
import type { Terminal } from '../terminal.js';

interface ListOptions extends ConfigChoice {
  readonly json?: true;
}

interface Row {
  readonly key: string;
  /** `***` for a secret. */
  readonly value: string;
  readonly secret: boolean;
  readonly layer: string | null;
  readonly origin: string | null;
}

export function listCommand({ output }: Terminal): Command {
  return new Command('list')
    .description('print what is set, by key; secrets as ***')
    .argument('[prefix]', 'only keys at or below it', '')
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--json', 'as a list of {"key", "value", "secret", "layer", "origin"}')
    .action((prefix: string, options: ListOptions) =>
      withConfig(options, (config) => {
        const rows = rowsOf(config, prefix);
        if (options.json === true) output.json(rows);
        else print(output, rows);
      }),
    );
}

function rowsOf(config: Config, prefix: string): Row[] {
  const keys = config.keys(prefix).sort();
  return keys.map((key) => {
    const { value, secret, winner } = config.explain(key);
    return { key, value: value ?? '', secret, layer: winner?.layer ?? null, origin: winner?.origin ?? null };
  });
}

function print(output: Output, rows: readonly Row[]): void {
  for (const line of columns(rows.map(({ key, value, origin }) => [key, oneLine(value), output.style('dim', origin ?? '')]))) output.line(line);
}

// One key, one line: a value over several lines would look like several keys.
function oneLine(value: string): string {
  return value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
