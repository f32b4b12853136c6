import { Command } from 'commander';

import { asking, signing } from '../options.js';
import type { Terminal } from '../terminal.js';

/** The verbs that write to a store, or tell what was written. */
export function writingCommands(terminal: Terminal): Command[] {
  return [setCommand(terminal), deleteCommand(terminal), historyCommand(terminal), rollbackCommand(terminal)];
}

function setCommand(terminal: Terminal): Command {
  return signing(asking(new Command('set')))
    .description('set keys in a layer that can be written: all of them, or none')
    .argument('<key=value...>', 'such as gateway.limit=50')
    .option('--expect <version>', 'refuse if one of the keys was written after this version of the store')
    .option('--json', 'as {"layer", "version"}, or what would change')
    .addHelpText('after', `
Examples:
  calumma set gateway.limit=50 --reason "traffic peak"
  calumma set gateway.limit=50 gateway.burst=80 --dry-run`)
    .action(async (pairs, options) => (await import('../actions/write.js')).set(terminal, pairs as string[], options as object));
}

function deleteCommand(terminal: Terminal): Command {
  return signing(asking(new Command('delete')))
    .description('remove keys from a layer that can be written; what they hid answers again')
    .argument('<key...>', 'such as gateway.limit')
    .option('--expect <version>', 'refuse if one of the keys was written after this version of the store')
    .option('--json', 'as {"layer", "version"}, or what would change')
    .addHelpText('after', `
Examples:
  calumma delete gateway.limit --reason "back to the default"`)
    .action(async (keys, options) => (await import('../actions/write.js')).remove(terminal, keys as string[], options as object));
}

function historyCommand(terminal: Terminal): Command {
  return asking(new Command('history'))
    .description('print what was written to a store, newest first: version, time, author, key, before → after, reason')
    .argument('[key]', 'only this key')
    .option('--layer <name>', 'the layer whose store is asked; default: the highest that can be written')
    .option('--limit <count>', 'at most so many', '20')
    .option('--json', 'as a list of objects')
    .addHelpText('after', `
Examples:
  calumma history gateway.limit
  calumma history --layer sqlite --limit 100 --json`)
    .action(async (key, options) => (await import('../actions/history.js')).history(terminal, key as string | undefined, options as never));
}

function rollbackCommand(terminal: Terminal): Command {
  return signing(asking(new Command('rollback')))
    .description('put back everything that was written to a store after a version, as a new write')
    .argument('<version>', 'as calumma history prints it')
    .option('--json', 'as {"layer", "version"}, or what would change')
    .addHelpText('after', `
Examples:
  calumma rollback 41 --dry-run
  calumma rollback 41 --reason "the new limit was wrong"`)
    .action(async (version, options) => (await import('../actions/rollback.js')).rollback(terminal, version as string, options as object));
}
