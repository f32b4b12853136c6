import { Command } from 'commander';

import type { Explanation } from '../../index.js';
import { type ConfigChoice, withConfig } from '../config.js';
import { Failure } from '../exit.js';
import type { Output } from '../output.js';
import type { Terminal } from '../terminal.js';

interface ExplainOptions extends ConfigChoice {
  readonly json?: true;
}

export function explainCommand({ output }: Terminal): Command {
  return new Command('explain')
    .description('say why a value is what it is: the layer that answers, and what it hides')
    .argument('<key>', 'such as gateway.limit')
    .option('--config <file>', 'a description of the layers, such as calumma.yaml')
    .option('--json', 'as one object')
    .action((key: string, options: ExplainOptions) =>
      withConfig(options, (config) => {
        const explanation = config.explain(key);
        if (options.json === true) output.json(jsonOf(explanation));
        else if (explanation.winner !== undefined) print(output, explanation);
        if (explanation.winner === undefined) throw new Failure(String(explanation));
      }),
    );
}

function print(output: Output, explanation: Explanation): void {
  const [first = '', ...rest] = String(explanation).split('\n');
  output.line(output.style('bold', first));
  for (const line of rest) output.line(line.startsWith('  →') ? output.style('green', line) : line);
}

function jsonOf({ key, value, secret, winner, hidden, unread, interpolation, errors }: Explanation): object {
  const problems = errors.map(({ code, message }) => ({ code, message }));
  return { key, value: value ?? null, secret, winner: winner ?? null, hidden, unread, interpolation, errors: problems };
}
