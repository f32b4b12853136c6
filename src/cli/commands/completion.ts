import { Command } from 'commander';

import type { Terminal } from '../terminal.js';

export function completionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .description('print what makes a shell complete verbs and options')
    .addArgument(new Command().createArgument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .option('--json', 'the verbs and their options as a list')
    .addHelpText('after', `
Examples:
  calumma completion bash > ~/.local/share/bash-completion/completions/calumma
  calumma completion zsh > "\${fpath[1]}/_calumma"
  calumma completion fish > ~/.config/fish/completions/calumma.fish`)
    .action(async (shell, options, command) => (await import('../actions/completion.js')).completion(terminal, shell as string, options as object, (command as Command).parent));
}
