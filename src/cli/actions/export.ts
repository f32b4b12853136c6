import { faithfulOptionsOf, withConfig } from '../config.js';
import { type Config, render, type RenderFormat } from '../../index.js';
import { counted } from '../lines.js';
import type { ReadOptions } from '../options.js';
import type { Terminal } from '../terminal.js';

interface ExportOptions extends ReadOptions {
  readonly format: RenderFormat;
  readonly all?: true;
  readonly reveal?: true;
}

export async function exportValues({ output }: Terminal, prefix: string, options: ExportOptions): Promise<void> {
  await withConfig(faithfulOptionsOf(options), (config) => {
    const { entries, secrets } = entriesOf(config, prefix, options);
    output.text(render(entries, options.json === true ? 'json' : options.format));
    // `***` in a file that a program reads would be a password.
    if (secrets > 0) output.problem(`calumma: ${counted(secrets, 'secret')} left out: --reveal`, 'yellow');
  });
}

function entriesOf(config: Config, prefix: string, { all, reveal }: ExportOptions): { readonly entries: [string, string][]; readonly secrets: number } {
  const entries: [string, string][] = [];
  let secrets = 0;
  for (const [key, value] of config.entries(prefix).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { value: shown, winner, hidden } = config.explain(key);
    const ambient = winner?.origin?.startsWith('env:') === true && hidden.length === 0;
    if (ambient && all !== true && prefix === '') continue;
    // Also an address with a password in it.
    if (shown !== value && reveal !== true) secrets++;
    else entries.push([key, value]);
  }
  return { entries, secrets };
}
