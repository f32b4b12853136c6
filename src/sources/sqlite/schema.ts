import { companionsOf, schemaOptions, type SchemaOptions } from '../table/plan.js';
import { quoted } from './connection.js';

/** A name among those of an attached database, `main.properties`, and on its own, as triggers have it in their bodies. */
interface Name {
  readonly full: string;
  readonly own: string;
}

/**
 * The SQL that makes the table of {@link sqlite}, with a version for each write, a history and the triggers that keep both: changes
 * made in plain SQL are in them too, each row with a version of its own. It may be run again. The history grows until somebody deletes from it.
 *
 * `PRAGMA journal_mode = WAL` beside it lets others read while one writes; it is not for network file systems.
 *
 * @param options.table  `name`, or `schema.name`.                                                 Default `properties`
 * @param options.filter columns that are part of the key, for the `filter` option of the source.  Default none
 * @throws ConfigError `CALUMMA_OPTION`
 * @example database.exec(sqliteSchema({ filter: ['application'] }));
 */
export function sqliteSchema(options: SchemaOptions = {}): string {
  const { table, filter } = schemaOptions('sqliteSchema', options);
  const { history, revision } = companionsOf(table);
  const names = { table: nameOf(table), history: nameOf(history), revision: nameOf(revision) };
  const statements = [...tables(names, filter), ...triggers(names, filter, (event) => nameOf(`${table}_${event}`).full)];
  return `${statements.join('\n')}\n`;
}

type Names = Readonly<Record<'table' | 'history' | 'revision', Name>>;

function nameOf(table: string): Name {
  const parts = table.split('.').map(quoted);
  return { full: parts.join('.'), own: parts.at(-1) ?? '' };
}

function tables({ table, history, revision }: Names, filter: readonly string[]): string[] {
  const filters = filter.map(quoted);
  const columns = filters.map((column) => `  ${column} TEXT NOT NULL,\n`).join('');
  return [
    `CREATE TABLE IF NOT EXISTS ${table.full} (
${columns}  "key" TEXT NOT NULL,
  "value" TEXT,
  "version" INTEGER NOT NULL DEFAULT 0,
  "updated_at" TEXT,
  PRIMARY KEY (${[...filters, '"key"'].join(', ')})
);`,
    index(table, 'by_version', [...filters, '"version"']),
    `CREATE TABLE IF NOT EXISTS ${revision.full} (
  "id" INTEGER PRIMARY KEY CHECK ("id" = 1),
  "version" INTEGER NOT NULL,
  "base" INTEGER,
  "author" TEXT,
  "reason" TEXT
);
INSERT OR IGNORE INTO ${revision.full} ("id", "version") VALUES (1, 0);`,
    `CREATE TABLE IF NOT EXISTS ${history.full} (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
${columns}  "key" TEXT NOT NULL,
  "old_value" TEXT,
  "new_value" TEXT,
  "version" INTEGER NOT NULL,
  "author" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "changed_at" TEXT NOT NULL
);`,
    index(history, 'by_version', [...filters, '"version"']),
    index(history, 'by_key', [...filters, '"key"']),
  ];
}

function index(table: Name, suffix: string, columns: readonly string[]): string {
  const name = (text: string): string => `${text.slice(0, -1)}_${suffix}"`;
  return `CREATE INDEX IF NOT EXISTS ${name(table.full)} ON ${table.own} (${columns.join(', ')});`;
}

const now = `strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`;

function triggers(names: Names, filter: readonly string[], triggerName: (event: string) => string): string[] {
  const table = names.table.own;
  const keys = [...filter.map(quoted), '"key"'];
  const sameKey = keys.map((column) => `OLD.${column} IS NEW.${column}`).join(' AND ');
  const trigger = (event: string, when: string, does: readonly string[]): string =>
    `CREATE TRIGGER IF NOT EXISTS ${triggerName(event)} AFTER ${when} BEGIN\n${does.map((line) => `  ${line};`).join('\n')}\nEND;`;
  // In a write of the source `base` is the version that it began at; in plain SQL there is none.
  const bump = `UPDATE ${names.revision.own} SET "version" = coalesce("base", "version") + 1`;
  const stamp = `UPDATE ${table} SET "version" = (SELECT "version" FROM ${names.revision.own}), "updated_at" = ${now} WHERE rowid = NEW.rowid`;
  const record = recorder(names, keys);
  // What REPLACE puts away is known to no trigger, but to the history.
  const replaced = `(SELECT "new_value" FROM ${names.history.own} WHERE ${keys.map((column) => `${column} = NEW.${column}`).join(' AND ')} ORDER BY "id" DESC LIMIT 1)`;
  const updateOf = `UPDATE OF ${[...keys, '"value"'].join(', ')} ON ${table} WHEN`;
  return [
    trigger('inserted', `INSERT ON ${table}`, [bump, stamp, record('NEW', replaced, 'NEW."value"')]),
    trigger('updated', `${updateOf} ${sameKey} AND OLD."value" IS NOT NEW."value"`, [bump, stamp, record('NEW', 'OLD."value"', 'NEW."value"')]),
    trigger('renamed', `${updateOf} NOT (${sameKey})`, [bump, stamp, record('OLD', 'OLD."value"', 'NULL'), record('NEW', 'NULL', 'NEW."value"')]),
    trigger('deleted', `DELETE ON ${table}`, [bump, record('OLD', 'OLD."value"', 'NULL')]),
  ];
}

/** An entry of the history; nothing where both are the same. */
function recorder({ history, revision }: Names, keys: readonly string[]): (row: 'OLD' | 'NEW', before: string, after: string) => string {
  const columns = [...keys, '"old_value"', '"new_value"', '"version"', '"author"', '"reason"', '"changed_at"'].join(', ');
  return (row, before, after) =>
    `INSERT INTO ${history.own} (${columns})
    SELECT ${keys.map((column) => `${row}.${column}`).join(', ')}, ${before}, ${after}, "version", coalesce("author", 'sql'), coalesce("reason", 'changed in SQL'), ${now}
    FROM ${revision.own} WHERE ${before} IS NOT ${after}`;
}
