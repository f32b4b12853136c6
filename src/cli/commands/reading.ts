import { Command } from 'commander';

import { asking } from '../options.js';
import type { Terminal } from '../terminal.js';

/** The verbs that ask. What a verb does is loaded when it is called: none pays for another. */
export function readingCommands(terminal: Terminal): Command[] {
  return [explainCommand(terminal), getCommand(terminal), listCommand(terminal), watchCommand(terminal)];
}

function explainCommand(terminal: Terminal): Command {
  return asking(new Command('explain'))
    .description('say why a value is what it is: the layer that answers, and what it hides')
    .argument('<key>', 'such as gateway.limit')
    .option('--json', 'as one object')
    .addHelpText('after', `
Examples:
  calumma explain gateway.limit
  calumma explain db.url --config calumma.yaml --json`)
    .action(async (key, options) => (await import('../actions/explain.js')).explain(terminal, key as string, options as object));
}

/** `get` is for scripts: the value alone, a secret too. */
function getCommand(terminal: Terminal): Command {
  return asking(new Command('get'))
    .description('print the value of a key, and nothing else')
    .argument('<key>', 'such as gateway.limit')
    .option('--json', 'as {"key", "value"}; the value is null when it is not set')
    .addHelpText('after', `
Examples:
  limit=$(calumma get gateway.limit) || limit=100
  calumma get gateway.limit --sidecar http://127.0.0.1:8078`)
    .action(async (key, options) => (await import('../actions/get.js')).get(terminal, key as string, options as object));
}

function listCommand(terminal: Terminal): Command {
  return asking(new Command('list'))
    .description('print what is set, by key; secrets as ***')
    .argument('[prefix]', 'only keys at or below it')
    .option('--all', 'also the variables of the environment that nothing else sets')
    .option('--json', 'as a list of {"key", "value", "secret", "layer", "origin"}')
    .addHelpText('after', `
Examples:
  calumma list gateway
  calumma list --json | jq -r '.[].key'`)
    .action(async (prefix = '', options) => (await import('../actions/list.js')).list(terminal, prefix as string, options as object));
}

function watchCommand(terminal: Terminal): Command {
  return asking(new Command('watch'))
    .description('print one line for each change: time, key, before → after, layer, and how long after the write')
    .argument('[prefix]', 'only keys at or below it')
    .option('--json', 'one object a line')
    .addHelpText('after', `
Examples:
  calumma watch gateway
  calumma watch --json --sidecar /run/calumma/sidecar.sock | jq .key`)
    .action(async (prefix = '', options) => (await import('../actions/watch.js')).watch(terminal, prefix as string, options as object));
}
