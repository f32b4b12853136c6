import { Command, Option } from 'commander';

import { asking, describing, signing } from '../options.js';
import type { Terminal } from '../terminal.js';

/** What `export` writes; the same words as `render` of the library knows. */
export const exportFormats = ['properties', 'env', 'json', 'typed', 'yaml'] as const;

/** The verbs around files and databases: compare, check, write out, read in, prepare. */
export function fileCommands(terminal: Terminal): Command[] {
  return [diffCommand(terminal), validateCommand(terminal), exportCommand(terminal), importCommand(terminal), schemaCommand(terminal)];
}

function diffCommand(terminal: Terminal): Command {
  return asking(new Command('diff'))
    .description('compare two files of any format, two environments, or two versions of a store')
    .argument('<a>', 'a file; with --env an environment; with --revision a version')
    .argument('[b]', 'another one; with --revision default: what is there now')
    .option('--env', 'A and B are environments, such as dev and prod')
    .option('--revision', 'A and B are versions of a store, as calumma history prints them')
    .option('--layer <name>', 'with --revision, the layer; default: the highest that can be written')
    .option('--exit-code', 'exit with 1 when they differ')
    .option('--json', 'as a list of {"key", "before", "after"}')
    .addHelpText('after', `
Examples:
  calumma diff old.properties new.yaml
  calumma diff --env dev prod --config calumma.yaml
  calumma diff --revision 41 45`)
    .action(async (a, b, options) => (await import('../actions/diff.js')).diff(terminal, a as string, b as string | undefined, options as object));
}

function validateCommand(terminal: Terminal): Command {
  return describing(new Command('validate'))
    .description('check calumma.yaml, every source it names, and every ${…}; all problems at once, exit code 1')
    .option('--schema <module>', 'a JavaScript module whose export "default" or "schema" is a Standard Schema (zod, valibot, arktype, …) of the whole tree')
    .option('--json', 'as {"ok", "layers", "keys", "problems"}')
    .addHelpText('after', `
A JSON Schema is not read here, because its validators are large: wrap it in a module, as zod's fromJSONSchema does, or
check what calumma export --format typed prints with the validator of your choice.

Examples:
  calumma validate
  calumma validate --config deploy/calumma.yaml --schema ./schema.js`)
    .action(async (options) => (await import('../actions/validate.js')).validate(terminal, options as object));
}

function exportCommand(terminal: Terminal): Command {
  return describing(new Command('export'))
    .description('write the values of the whole cascade to stdout')
    .argument('[prefix]', 'only keys at or below it')
    .addOption(new Option('--format <format>', 'how; typed is a JSON tree with numbers and booleans').choices(exportFormats).default('properties'))
    .option('--all', 'also the variables of the environment that nothing else sets')
    .option('--reveal', 'also secrets; without it they are left out')
    .option('--json', 'the same as --format json')
    .addHelpText('after', `
Examples:
  calumma export --format env gateway > gateway.env
  calumma export --format yaml --reveal > all.yaml`)
    .action(async (prefix = '', options) => (await import('../actions/export.js')).exportValues(terminal, prefix as string, options as never));
}

function importCommand(terminal: Terminal): Command {
  return signing(describing(new Command('import')))
    .description('write what stands in a file to the store of a layer; what is there already is not written again')
    .argument('<file>', 'of any format: .properties, .yaml, .json, .env, .toml')
    .option('--to <layer>', 'the same as --layer')
    .option('--delete-missing', 'remove the keys of the layer that are not in the file')
    .option('--batch <count>', 'keys written in one transaction', '1000')
    .option('--json', 'as {"layer", "set", "deleted", "unchanged"}')
    .addHelpText('after', `
A long import can be interrupted: run it again, and it goes on where it was.

Examples:
  calumma import application.properties --to postgres --dry-run
  calumma import all.yaml --to sqlite --reason "move to a database"`)
    .action(async (file, options) => (await import('../actions/import.js')).importFile(terminal, file as string, options as never));
}

function schemaCommand(terminal: Terminal): Command {
  return new Command('schema')
    .description('print the SQL of a table with versions, history and triggers')
    .addArgument(new Command().createArgument('<database>', 'postgres, mysql or sqlite').choices(['postgres', 'mysql', 'sqlite']))
    .option('--table <name>', 'name, or schema.name; default: properties')
    .option('--filter <column...>', 'columns that are part of the key')
    .option('--json', 'as a list of texts')
    .addHelpText('after', `
Examples:
  calumma schema postgres | psql
  calumma schema sqlite --table settings | sqlite3 config.db`)
    .action(async (database, options) => (await import('../actions/schema.js')).schema(terminal, database as string, options as object));
}
