import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import { completionCommand } from './commands/completion.js';
import { demoCommand } from './commands/demo.js';
import { fileCommands } from './commands/files.js';
import { readingCommands } from './commands/reading.js';
import { runCommand } from './commands/run.js';
import { sidecarCommand } from './commands/sidecar.js';
import { writingCommands } from './commands/writing.js';
import type { Terminal } from './terminal.js';

const examples = `
Examples:
  calumma demo                               a gateway behind a sidecar; edit its files and watch
  calumma explain gateway.limit              the value, where it stands, and what it hides
  calumma get gateway.limit                  the value alone, for scripts
  calumma list gateway --json                everything below a prefix
  calumma set gateway.limit=50 --dry-run     what a write would change
  calumma run -- node server.js              a program with all of it in its environment

Without --config the layers are those of an application started in this folder: the environment, the addresses in
$CALUMMA_URLS, and application.{properties,yaml,json,…} with its variants in $CALUMMA_CONFIG_DIR, ./config and . ; or
those that ./calumma.yaml (or $CALUMMA_CONFIG) describes. With --sidecar or $CALUMMA_SIDECAR a sidecar is asked:
http://host:port, or the path of its socket; $CALUMMA_TOKEN or $CALUMMA_TOKEN_FILE is the token for it.

Exit codes: 0 done, 1 failed or not set, 2 not understood; calumma run has that of its program.
`;

/** The command line. Throws CommanderError instead of ending the process. */
export function programOf(terminal: Terminal): Command {
  const program = new Command('calumma')
    .description('Dynamic configuration: see what a cascade of sources says, and why.')
    .version(version(), '-V, --version', 'print the version')
    // What stands behind the command of `run` is the command's.
    .enablePositionalOptions()
    .addHelpText('after', examples);
  for (const command of commandsOf(terminal)) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    const said = command === program ? 'calumma' : `calumma ${command.name()}`;
    command.exitOverride().showHelpAfterError(`(${said} --help says more)`).configureOutput({
      writeOut: (text) => terminal.output.text(text),
      writeErr: (text) => terminal.output.problem(text.trimEnd()),
      // As every other message of ours begins.
      outputError: (text, write) => write(text.replace(/^error: /, 'calumma: ')),
    });
  }
  return program;
}

function commandsOf(terminal: Terminal): Command[] {
  return [...readingCommands(terminal), ...writingCommands(terminal), ...fileCommands(terminal), runCommand(terminal), sidecarCommand(terminal), demoCommand(terminal), completionCommand(terminal)];
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
