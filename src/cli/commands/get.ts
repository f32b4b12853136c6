import { Command } from 'commander';

import { type ConfigChoice, withConfig } from '../config.js';
import { Failure } from '../exit.js';
import type { Terminal } from '../terminal.js';

interface GetOptions extends ConfigChoice {
  readonly json?: true;
}

/** `get` is for scripts: the value alone, a secret too. */
export function getCommand({ output }: Terminal): Command {
  return new Command('get')
    .description('print the value of a key, and nothing else')
    .argument('<key>', 'such as gateway.limit')
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--json', 'as {"key", "value"}; the value is null when it is not set')
    .action((key: string, options: GetOptions) =>
      withConfig(options, (config) => {
        const value = config.get(key);
        if (options.json === true) output.json({ key, value: value ?? null });
        else if (value !== undefined) output.line(value);
        if (value === undefined) throw new Failure(`${key} is set nowhere`);
      }),
    );
}
