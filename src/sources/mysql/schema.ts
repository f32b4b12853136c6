import { ConfigError } from '../../core/errors.js';
import { quote as shown } from '../../core/redact.js';
import { companionsOf, schemaOptions, type SchemaOptions } from '../table/plan.js';
import { quotedTable } from '../table/statements.js';
import { mysqlDialect } from './sql.js';

const { quote } = mysqlDialect;

/** What MySQL and MariaDB allow a name, in characters. */
const maxName = 64;
/** In characters; an index entry has 3072 bytes, and a character up to four. */
const filterLength = 64;
const indexedPrefix = 191;
const maxFilters = 8;

/** 'a', 'A' and 'a ' are three keys: the collations that compare byte by byte and pad nothing, by the server's own comment. */
const exact = 'CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100500 COLLATE utf8mb4_nopad_bin */';

/**
 * The SQL of the tables that `mysql()` reads and writes best: the properties with a version column, their revision, their history,
 * and triggers that keep both, also when the table is edited by hand. A write of the source has one version, each row that is
 * edited by hand its own. Runs on MySQL 8.0.29 and MariaDB 10.5 or later, and again without harm.
 *
 * Each statement is one string without a semicolon, so they run one by one through any client, and joined through the `mysql`
 * command line without DELIMITER. Who edits by hand can say `SET @calumma_author = 'ann', @calumma_reason = 'traffic peak'`.
 *
 * Keys have up to 65,535 bytes: what is unique is their hash, in a column that `SELECT *` leaves out. Values of `filter` columns have up to 64
 * characters. Where the binary log is on, making triggers takes the right SUPER, or `log_bin_trust_function_creators = 1`.
 *
 * @throws ConfigError `CALUMMA_OPTION`
 * @example
 * for (const statement of mysqlSchema()) await connection.query(statement);
 */
export function mysqlSchema(options: SchemaOptions = {}): string[] {
  const { table, filter } = schemaOptions('mysqlSchema', options);
  checkLengths(table, filter);
  const names = namesOf(table, filter);
  return [revisionTable(names), `INSERT IGNORE INTO ${names.revision} (${quote('id')}) VALUES (1)`, mainTable(names), historyTable(names), ...triggers(names)];
}

interface Names {
  readonly table: string;
  readonly revision: string;
  readonly history: string;
  readonly trigger: (name: string) => string;
  readonly filter: readonly string[];
  /** The columns that a row is known by: the filter's and the key. */
  readonly keys: readonly string[];
}

function namesOf(table: string, filter: readonly string[]): Names {
  const { revision, history } = companionsOf(table);
  const quoted = (name: string): string => quotedTable(mysqlDialect, name);
  return {
    table: quoted(table),
    revision: quoted(revision),
    history: quoted(history),
    trigger: (name) => quoted(`${table}_${name}`),
    filter: filter.map(quote),
    keys: [...filter, 'key'].map(quote),
  };
}

function checkLengths(table: string, filter: readonly string[]): void {
  const longest = Math.max(...table.split('.').map((part) => part.length)) + '_revision'.length;
  if (longest > maxName) {
    throw new ConfigError('CALUMMA_OPTION', `mysqlSchema({ table }): expected at most ${maxName - '_revision'.length} characters, found ${shown(table)}`);
  }
  if (filter.length > maxFilters) throw new ConfigError('CALUMMA_OPTION', `mysqlSchema({ filter }): expected at most ${maxFilters} columns, found ${filter.length}`);
}

function revisionTable({ revision }: Names): string {
  return `CREATE TABLE IF NOT EXISTS ${revision} (
  \`id\` TINYINT NOT NULL DEFAULT 1 PRIMARY KEY,
  \`version\` BIGINT NOT NULL DEFAULT 0,
  \`base\` BIGINT,
  \`author\` TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  \`reason\` TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
) ENGINE=InnoDB`;
}

function mainTable({ table, filter }: Names): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
${identity(filter)}  \`key_hash\` BINARY(32) NOT NULL DEFAULT '' INVISIBLE,
  \`value\` LONGTEXT ${exact} NOT NULL,
  \`version\` BIGINT NOT NULL DEFAULT 0,
  \`updated_at\` DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
  PRIMARY KEY (${[...filter, '`key_hash`'].join(', ')}),
  INDEX \`key\` (\`key\`(${indexedPrefix})),
  INDEX \`version\` (\`version\`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`;
}

function historyTable({ history, filter }: Names): string {
  return `CREATE TABLE IF NOT EXISTS ${history} (
  \`id\` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
${identity(filter)}  \`old_value\` LONGTEXT ${exact},
  \`new_value\` LONGTEXT ${exact},
  \`version\` BIGINT NOT NULL,
  \`author\` TEXT CHARACTER SET utf8mb4 NOT NULL,
  \`reason\` TEXT CHARACTER SET utf8mb4 NOT NULL,
  \`changed_at\` DATETIME(6) NOT NULL COMMENT 'UTC',
  INDEX \`version\` (\`version\`)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`;
}

function identity(filter: readonly string[]): string {
  const columns = filter.map((column) => `  ${column} VARCHAR(${filterLength}) ${exact} NOT NULL,\n`);
  return `${columns.join('')}  \`key\` TEXT ${exact} NOT NULL,\n`;
}

/*
 * The row of the revision is named by its id for clients in safe-updates mode. It is locked by the first change of a transaction and until its commit, so versions grow in the order of
 * commits: who has read one has read all below it. A row that is written as it is (INSERT … ON DUPLICATE KEY UPDATE) takes the lock and no
 * version; it is looked for once the lock is held, because another transaction may be removing it. Each trigger is one statement, so that none has a semicolon in it; those of one
 * event run in the order they were made in.
 */
function triggers(names: Names): string[] {
  const { table, revision, trigger } = names;
  const make = (name: string, event: string, body: string): string =>
    `CREATE TRIGGER IF NOT EXISTS ${trigger(name)} ${event} ON ${table} FOR EACH ROW\n${body}`;
  const stamp = `(SELECT \`version\` FROM ${revision})`;
  const same = sameRow(names);
  return [
    make('bi1', 'BEFORE INSERT', `UPDATE ${revision} SET \`version\` = IF(${isThere(names)}, \`version\`, ${next}) WHERE \`id\` = 1`),
    make('bi2', 'BEFORE INSERT', `SET NEW.\`key_hash\` = ${hash}, NEW.\`version\` = ${stamp}, NEW.\`updated_at\` = UTC_TIMESTAMP(6)`),
    make('ai1', 'AFTER INSERT', record(names, [{ row: 'NEW', before: 'NULL', after: 'NEW.`value`', when: 'TRUE' }])),
    make('bu1', 'BEFORE UPDATE', `UPDATE ${revision} SET \`version\` = ${next} WHERE \`id\` = 1 AND NOT (${same})`),
    make('bu2', 'BEFORE UPDATE', `SET NEW.\`key_hash\` = ${hash}, NEW.\`version\` = IF(${same}, OLD.\`version\`, ${stamp}), NEW.\`updated_at\` = IF(${same}, OLD.\`updated_at\`, UTC_TIMESTAMP(6))`),
    make('au1', 'AFTER UPDATE', record(names, updated(names))),
    make('ad1', 'AFTER DELETE', `UPDATE ${revision} SET \`version\` = ${next} WHERE \`id\` = 1`),
    make('ad2', 'AFTER DELETE', record(names, [{ row: 'OLD', before: 'OLD.`value`', after: 'NULL', when: 'TRUE' }])),
  ];
}

/** In a write of the source `base` is the version that it began at; in plain SQL there is none. */
const next = 'COALESCE(`base`, `version`) + 1';

const hash = 'UNHEX(SHA2(NEW.`key`, 256))';

function isThere({ table, filter }: Names): string {
  const same = [...filter, '`value`'].map((column) => `there.${column} = NEW.${column}`);
  return `EXISTS (SELECT 1 FROM ${table} AS there WHERE there.\`key_hash\` = ${hash} AND ${same.join(' AND ')})`;
}

interface Recorded {
  readonly row: 'OLD' | 'NEW';
  readonly before: string;
  readonly after: string;
  readonly when: string;
}

function sameKey({ keys }: Names): string {
  return keys.map((column) => `NEW.${column} = OLD.${column}`).join(' AND ');
}

function sameRow(names: Names): string {
  return `${sameKey(names)} AND NEW.\`value\` = OLD.\`value\``;
}

/** A row that gets another key is one key that goes and one that comes. */
function updated(names: Names): Recorded[] {
  return [
    { row: 'OLD', before: 'OLD.`value`', after: 'NULL', when: `NOT (${sameKey(names)})` },
    { row: 'NEW', before: 'NULL', after: 'NEW.`value`', when: `NOT (${sameKey(names)})` },
    { row: 'NEW', before: 'OLD.`value`', after: 'NEW.`value`', when: `${sameKey(names)} AND NOT (${sameRow(names)})` },
  ];
}

function record({ history, revision, keys }: Names, rows: readonly Recorded[]): string {
  const columns = [...keys, '`old_value`', '`new_value`', '`version`', '`author`', '`reason`', '`changed_at`'];
  // In a trigger, CURRENT_USER() is who made the trigger.
  const author = `COALESCE(\`author\`, ${plain('@calumma_author')}, ${plain('USER()')})`;
  const reason = `COALESCE(\`reason\`, ${plain('@calumma_reason')}, ${plain("''")})`;
  const selects = rows.map(({ row, before, after, when }) => {
    const identity = keys.map((column) => `${row}.${column}`);
    return `SELECT ${[...identity, before, after, '`version`', author, reason, 'UTC_TIMESTAMP(6)'].join(', ')} FROM ${revision} WHERE ${when}`;
  });
  return `INSERT INTO ${history} (${columns.join(', ')})\n${selects.join('\nUNION ALL ')}`;
}

/** Texts of the session come in its character set and collation, which do not mix with others. */
function plain(expression: string): string {
  return `CONVERT(${expression} USING utf8mb4) COLLATE utf8mb4_bin`;
}
