import { wrongOption } from '../../core/check.js';
import { companionsOf, schemaOptions, type SchemaOptions } from '../table/plan.js';
import { quotedTable } from '../table/statements.js';
import { dialect } from './connection.js';

/**
 * The SQL that makes a table ready for {@link postgres}: the table itself, its revision (which numbers the transactions in the order
 * of their commits), its history, and the triggers that keep them and announce changes. To be run by the owner of the table,
 * with `psql` or any other client. It may be run again, and on a table with keys and values that is already there.
 *
 * Who reads needs SELECT on all three tables; who writes needs also INSERT, UPDATE, DELETE on the table, UPDATE on the revision and INSERT
 * on the history. Whoever edits the table by hand may say who and why for the history: `SET calumma.author = 'ann'`, `SET calumma.reason = '…'`;
 * else it is the user of the session. Old rows of the history may be deleted: readers need the last minutes of it only.
 *
 * PostgreSQL 11 or later. Whoever edits holds a lock until the end of the transaction that other editors of the table wait for: that is
 * what puts versions in the order of commits.
 *
 * @param options.table  `name` or `schema.name`.   Default `properties`
 * @param options.filter columns that are part of the key, for the `filter` of readers.   Default none
 * @throws ConfigError CALUMMA_OPTION
 * @example
 * const sql = postgresSchema({ table: 'config.properties', filter: ['application'] }); // await client.query(sql)
 */
export function postgresSchema(options: SchemaOptions = {}): string {
  const { table, filter } = schemaOptions('postgresSchema', options);
  checkLength(table);
  const names = namesOf(table);
  const keys = [...filter.map((column) => dialect.quote(column)), '"key"'];
  return [tables(names, keys), lockFunction(names), rowFunction(names, keys), changesFunction(names, keys), truncateFunction(names, keys), triggers(names)].join('\n');
}

// The longest name that is made of it is `<table>_revision`. PostgreSQL cuts longer ones, and two of them may be the same then.
function checkLength(table: string): void {
  const local = table.split('.').at(-1) ?? table;
  if (Buffer.byteLength(local) > 54) throw wrongOption('postgresSchema({ table })', 'a name of at most 54 bytes', table);
}

/** Quoted names, the functions' in the schema of the table. */
interface Names {
  readonly table: string;
  readonly history: string;
  readonly revision: string;
  readonly index: string;
  readonly historyIndex: string;
  readonly lock: string;
  readonly row: string;
  readonly changes: string;
  readonly truncate: string;
}

function namesOf(table: string): Names {
  const quoted = (name: string): string => quotedTable(dialect, name);
  const { history, revision } = companionsOf(table);
  // An index is always in the schema of its table, and named without it.
  const local = table.split('.').at(-1) ?? table;
  return {
    table: quoted(table),
    history: quoted(history),
    revision: quoted(revision),
    index: dialect.quote(`${local}_version`),
    historyIndex: dialect.quote(`${local}_history_version`),
    lock: quoted(`${table}_lock`),
    row: quoted(`${table}_row`),
    changes: quoted(`${table}_changes`),
    truncate: quoted(`${table}_truncate`),
  };
}

function tables({ table, history, revision, index, historyIndex }: Names, keys: readonly string[]): string {
  const columns = keys.map((key) => `${key} text NOT NULL`).join(', ');
  return `\
CREATE TABLE IF NOT EXISTS ${table} (${columns}, "value" text, PRIMARY KEY (${keys.join(', ')}));
ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS "version" bigint NOT NULL DEFAULT 0;
ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS "updated_at" timestamptz NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS ${index} ON ${table} ("version");
-- One row. Its lock puts all writers in a line, so that versions become visible in their order.
CREATE TABLE IF NOT EXISTS ${revision} (
  "id" boolean PRIMARY KEY DEFAULT true CHECK ("id"), "version" bigint NOT NULL, "transaction" bigint, "author" text, "reason" text);
INSERT INTO ${revision} ("version") VALUES (0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS ${history} (
  "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${columns}, "old_value" text, "new_value" text,
  "version" bigint NOT NULL, "author" text NOT NULL, "reason" text NOT NULL, "changed_at" timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS ${historyIndex} ON ${history} ("version");
`;
}

/** Before any row is locked: writers that took the locks in different orders would end in deadlocks. */
function lockFunction({ lock, revision }: Names): string {
  return functionOf(lock, '', `
  PERFORM 1 FROM ${revision} FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO ${revision} ("version") VALUES (0);
  END IF;
  RETURN NULL;`);
}

/** One version a transaction. A row that is written as it was keeps its version, and needs none if it comes as an INSERT … ON CONFLICT. */
function rowFunction({ row, revision, table }: Names, keys: readonly string[]): string {
  const same = [...keys, '"value"'].map((column) => `NEW.${column} IS NOT DISTINCT FROM OLD.${column}`).join(' AND ');
  const there = keys.map((key) => `t.${key} = NEW.${key}`).join(' AND ');
  return functionOf(row, '', `
  IF TG_OP = 'INSERT' THEN
    IF EXISTS (SELECT FROM ${table} t WHERE ${there} AND t."value" IS NOT DISTINCT FROM NEW."value") THEN
      RETURN NEW;
    END IF;
  ELSE
    IF ${same} THEN
      NEW."version" := OLD."version";
      NEW."updated_at" := OLD."updated_at";
      RETURN NEW;
    END IF;
  END IF;
  ${nextVersion(revision, 'NEW."version"')}
  NEW."updated_at" := clock_timestamp();
  RETURN NEW;`);
}

/** After a statement: what it changed, into the history, and the keys to whoever listens. */
function changesFunction(names: Names, keys: readonly string[]): string {
  const list = keys.join(', ');
  const either = keys.map((key) => `coalesce(o.${key}, n.${key})`).join(', ');
  const same = keys.map((key) => `o.${key} = n.${key}`).join(' AND ');
  const record = (select: string): string => `
    WITH changed AS (
      ${recorded(names, list, select)}
      RETURNING "key"
    )
    SELECT json_agg(DISTINCT "key") INTO keys FROM changed;`;
  const body = `
  -- Deletions have no row to carry the version: it is taken for them here.
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
      RETURN NULL;
    END IF;
    ${nextVersion(names.revision, 'current')}
    ${record(`SELECT ${list}, "value" AS "old_value", NULL::text AS "new_value" FROM old_rows`)}
  ELSIF TG_OP = 'INSERT' THEN
    ${record(`SELECT ${list}, NULL::text AS "old_value", "value" AS "new_value" FROM new_rows`)}
  ELSE
    ${record(`SELECT ${either}, o."value" AS "old_value", n."value" AS "new_value" FROM old_rows o FULL JOIN new_rows n ON ${same}
      WHERE o."value" IS DISTINCT FROM n."value" OR o."key" IS NULL OR n."key" IS NULL`)}
  END IF;
  IF keys IS NOT NULL THEN
    ${announce(`CASE WHEN octet_length(keys::text) < ${maxPayload} THEN keys::text ELSE '' END`)}
  END IF;
  RETURN NULL;`;
  return functionOf(names.changes, 'keys json; current bigint;', body);
}

function truncateFunction(names: Names, keys: readonly string[]): string {
  const list = keys.join(', ');
  return functionOf(names.truncate, 'current bigint;', `
  IF EXISTS (SELECT FROM ${names.table}) THEN
    ${nextVersion(names.revision, 'current')}
    ${recorded(names, list, `SELECT ${list}, "value" AS "old_value", NULL::text AS "new_value" FROM ${names.table}`)};
    ${announce(`''`)}
  END IF;
  RETURN NULL;`);
}

// pg_notify refuses 8000 bytes and more.
const maxPayload = 7_900;

// The rules of channelOf() in channel.ts.
function announce(payload: string): string {
  return `PERFORM pg_notify(CASE WHEN octet_length(TG_TABLE_SCHEMA || TG_TABLE_NAME) <= 54 THEN 'calumma:' || TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME
      ELSE 'calumma:' || md5(TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME) END, ${payload});`;
}

function nextVersion(revision: string, variable: string): string {
  return `SELECT "version" INTO ${variable} FROM ${revision} WHERE "transaction" = txid_current();
  IF NOT FOUND THEN
    UPDATE ${revision} SET "version" = "version" + 1, "transaction" = txid_current() RETURNING "version" INTO ${variable};
  END IF;`;
}

function recorded({ history, revision }: Names, list: string, select: string): string {
  return `INSERT INTO ${history} (${list}, "old_value", "new_value", "version", "author", "reason", "changed_at")
      SELECT c.*, r."version", coalesce(r."author", nullif(current_setting('calumma.author', true), ''), session_user),
        coalesce(r."reason", nullif(current_setting('calumma.reason', true), ''), ''), clock_timestamp()
      FROM (${select}) c, ${revision} r`;
}

function triggers({ table, lock, row, changes, truncate }: Names): string {
  const all: readonly (readonly [name: string, when: string, how: string])[] = [
    ['calumma_lock', 'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE', `FOR EACH STATEMENT EXECUTE FUNCTION ${lock}()`],
    ['calumma_row', 'BEFORE INSERT OR UPDATE', `FOR EACH ROW EXECUTE FUNCTION ${row}()`],
    ['calumma_insert', 'AFTER INSERT', `REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ${changes}()`],
    ['calumma_update', 'AFTER UPDATE', `REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ${changes}()`],
    ['calumma_delete', 'AFTER DELETE', `REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ${changes}()`],
    ['calumma_truncate', 'BEFORE TRUNCATE', `FOR EACH STATEMENT EXECUTE FUNCTION ${truncate}()`],
  ];
  return all.map(([name, when, how]) => `DROP TRIGGER IF EXISTS ${name} ON ${table};\nCREATE TRIGGER ${name} ${when} ON ${table} ${how};\n`).join('');
}

/** With the search_path of whoever creates it, so that it works under any other one. */
function functionOf(name: string, declare: string, body: string): string {
  const text = `${declare === '' ? '' : `DECLARE ${declare}\n`}BEGIN${body}\nEND\n`;
  let end = '$calumma$';
  while (text.includes(end)) end = `$_${end.slice(1)}`; // a name may have anything in it
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS ${end}\n${text}${end};\n`;
}
