import { Command } from 'commander';

import { describing } from '../options.js';
import type { Terminal } from '../terminal.js';

export function runCommand(terminal: Terminal): Command {
  return describing(new Command('run'))
    .description('run a program with the configuration in its environment: gateway.limit as GATEWAY_LIMIT')
    .usage('[options] -- COMMAND [ARGUMENTS]')
    .argument('<command...>', 'the program and its arguments')
    .option('--prefix <prefix>', 'only keys at or below it')
    .option('--restart', 'on a change, end the program (SIGTERM) and start it again; the default')
    .option('--signal <name>', 'on a change, send this signal instead; the environment of the program stays as it was')
    .option('--no-follow', 'ignore changes')
    .option('--quiet <time>', 'wait for this long without another change', '500ms')
    .option('--grace <time>', 'how long the program may take to end before it is killed', '10s')
    .option('--json', 'what calumma itself has to say, as one object a line on stderr')
    .passThroughOptions()
    .addHelpText('after', `
The exit code is that of the program: 128 and the number of the signal if one ended it, 127 if there is no such
program. Signals are passed on to it. Secrets are in its environment, as every other value is.

Examples:
  calumma run -- node server.js
  calumma run --prefix gateway --signal HUP -- nginx -g "daemon off;"`)
    .action(async (command, options) => (await import('../actions/run.js')).run(terminal, command as string[], options as never));
}
