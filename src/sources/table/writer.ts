import { kindOf } from '../../core/check.js';
import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { HistoryEntry, Writable, Written } from '../../core/writable.js';
import { storedKey, storedValue } from '../store/stored.js';
import { checkedRemoval, checkedWrite, checkHistory, checkStoreBytes, conflict, type CheckedWrite } from '../store/write.js';
import type { Row, SqlConnection, TextColumns } from './contract.js';
import { describeTable, type Table } from './describe.js';
import { asItIs, eachRow } from './gather.js';
import { companionsOf, type TablePlan } from './plan.js';
import type { Statement } from './statements.js';
import { isBefore, timeOf, versionText, type Version } from './version.js';

/** Lends a connection for one piece of work, and takes it back whatever becomes of that. */
export type WithConnection = <T>(work: (connection: SqlConnection) => Promise<T>) => Promise<T>;

export interface WriterOptions {
  readonly plan: TablePlan;
  readonly withConnection: WithConnection;
  /** The function whose SQL makes the schema, for messages: `postgresSchema()`. */
  readonly schema: string;
}

/** Entries and keys in one statement: far below any database's limit of parameters. */
const entriesAtOnce = 200;
/** Characters of values in one statement. */
const charactersAtOnce = 500_000;

/**
 * Writes into a table of the shipped schema, whose triggers number the changes and keep the history.
 *
 * In one transaction: the revision is locked by writing the author into it, the expectation is checked, the rows are written, the
 * sum of bytes is checked, the author is taken out again.
 */
export function tableWriter(options: WriterOptions): Writable {
  const { what } = options.plan;
  const { withConnection } = options;
  return {
    async set(entries, about) {
      const write = checkedWrite(`${what}.set`, entries, about);
      return withConnection((connection) => new TableWriter(connection, options, `${what}.set`).write(write));
    },
    async delete(keys, about) {
      const write = checkedRemoval(`${what}.delete`, keys, about);
      return withConnection((connection) => new TableWriter(connection, options, `${what}.delete`).write(write));
    },
    async history(key, limit) {
      const asked = checkHistory(`${what}.history`, key, limit);
      return withConnection((connection) => new TableWriter(connection, options, `${what}.history`).history(asked.key, asked.limit));
    },
  };
}

class TableWriter {
  readonly #connection: SqlConnection;
  readonly #options: WriterOptions;
  readonly #what: string;
  readonly #read: TextColumns['read'];

  constructor(connection: SqlConnection, options: WriterOptions, what: string) {
    this.#connection = connection;
    this.#options = options;
    this.#what = what;
    this.#read = (connection.dialect.text ?? asItIs).read;
  }

  async write(write: CheckedWrite): Promise<Written> {
    const table = await this.#describe();
    return this.#connection.transaction(async () => {
      await this.#run(table.statements.sign(write));
      await this.#checkExpectation(table, write);
      for (const keys of inParts([...write.remove])) await this.#run(table.statements.remove(table.columns, keys));
      for (const entries of inParts([...write.set])) await this.#run(table.statements.upsert(table.columns, entries));
      if (write.set.size > 0) await this.#checkBytes(table);
      await this.#run(table.statements.sign(undefined));
      return { version: versionText(await this.#version(table)) ?? '' };
    });
  }

  async history(key: string | undefined, limit: number): Promise<HistoryEntry[]> {
    const table = await this.#describe();
    const rows = await this.#rows(table.statements.history(key, limit));
    return rows.map((row) => historyEntry(this.#what, row, this.#read));
  }

  async #describe(): Promise<Table> {
    const { plan, schema } = this.#options;
    if (plan.query !== undefined) throw new ConfigError('CALUMMA_OPTION', `${this.#what}: expected a source of a table, found one of a query, which cannot be written`);
    const table = await describeTable(this.#connection, plan);
    if (table.hasRevision && table.hasHistory) return table;
    const { history, revision } = companionsOf(plan.table);
    const missing = table.hasRevision ? history : revision;
    throw new SourceError(
      `${this.#what}: expected the schema that ${schema} gives, found no readable table ${quote(missing)} with its columns beside ${quote(plan.table)}: run that SQL, and grant the right to use it`,
    );
  }

  async #checkExpectation(table: Table, write: CheckedWrite): Promise<void> {
    const { expectedVersion: expected } = write;
    const version = await this.#version(table);
    if (expected === undefined) return;
    if (!/^\d{1,18}$/.test(expected)) throw conflict(this.#what, expected, `expected a version of this store, which is a number such as ${quote(versionText(version) ?? '0')}`);
    if (isBefore(version, expected)) throw conflict(this.#what, expected, `the store is at version ${versionText(version)}`);
    for (const keys of inParts([...write.set.keys(), ...write.remove])) await this.#checkUnchanged(table, keys, expected);
  }

  async #checkUnchanged(table: Table, keys: readonly string[], expected: string): Promise<void> {
    for (const statement of table.statements.conflict(table.columns, 'version', keys, expected)) {
      const [changed] = await this.#rows(statement);
      if (changed !== undefined) throw conflict(this.#what, expected, `${quote(storedKey(this.#what, this.#read(changed[0])))} was changed after it`);
    }
  }

  async #checkBytes(table: Table): Promise<void> {
    let bytes = 0;
    await eachRow(this.#connection, table.statements.bytes(table.columns), ([some]) => (bytes += Number(some ?? 0)));
    checkStoreBytes(this.#what, bytes);
  }

  async #version(table: Table): Promise<Version> {
    const [row] = await this.#rows(table.statements.revision());
    if (row !== undefined) return row[0] as Version;
    throw new SourceError(`${this.#what}: expected one row in ${quote(companionsOf(this.#options.plan.table).revision)}, found none: run the SQL of ${this.#options.schema} again`);
  }

  #run({ sql, params }: Statement): Promise<void> {
    return this.#connection.run(sql, params);
  }

  async #rows({ sql, params }: Statement): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const batch of this.#connection.rows(sql, params)) rows.push(...batch);
    return rows;
  }
}

/** Pieces of a write that make statements of a moderate size. */
function* inParts<T extends string | readonly [string, string]>(items: readonly T[]): Generator<T[]> {
  let part: T[] = [];
  let characters = 0;
  for (const item of items) {
    const length = typeof item === 'string' ? item.length : item[0].length + item[1].length;
    if (part.length >= entriesAtOnce || (part.length > 0 && characters + length > charactersAtOnce)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(item);
    characters += length;
  }
  if (part.length > 0) yield part;
}

function historyEntry(what: string, row: Row, read: TextColumns['read']): HistoryEntry {
  const [rawKey, before, after, version, author, reason, at] = row;
  const key = storedKey(what, read(rawKey));
  const text = (column: unknown): string | undefined => storedValue(what, key, read(column));
  const time = timeOf(read(at));
  if (time === undefined) throw new SourceError(`${what}: expected a time in "changed_at", found ${kindOf(at)}`);
  return {
    key,
    before: text(before),
    after: text(after),
    version: versionText(version as Version) ?? '',
    author: text(author) ?? '',
    reason: text(reason) ?? '',
    at: new Date(time),
  };
}
