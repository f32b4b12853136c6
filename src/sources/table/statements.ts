import type { Dialect } from './contract.js';
import { companionsOf, type TablePlan } from './plan.js';

/** A statement and what stands in its placeholders. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** The columns that are read, found out by asking. */
export interface Columns {
  readonly key: string;
  readonly value: string;
  readonly version: string | undefined;
  readonly updatedAt: string | undefined;
}

/** `schema.name`, each part quoted. */
export function quotedTable(dialect: Dialect, table: string): string {
  return table.split('.').map((part) => dialect.quote(part)).join('.');
}

/** The SQL of one table in one dialect. Names are quoted, values are parameters. */
export class Statements {
  readonly #dialect: Dialect;
  readonly #filter: TablePlan['filter'];
  readonly #from: string;
  readonly #table: string;
  readonly #history: string;
  readonly #revision: string;

  constructor(dialect: Dialect, plan: TablePlan) {
    this.#dialect = dialect;
    this.#filter = plan.filter;
    this.#table = quotedTable(dialect, plan.table);
    // On a line of its own, the closing bracket survives a comment at the end of the query.
    this.#from = plan.query === undefined ? this.#table : `(${plan.query.replace(/[\s;]+$/, '')}\n) ${dialect.quote('calumma_query')}`;
    const { history, revision } = companionsOf(plan.table);
    this.#history = quotedTable(dialect, history);
    this.#revision = quotedTable(dialect, revision);
  }

  everything(): Statement {
    return { sql: `SELECT * FROM ${this.#from}`, params: [] };
  }

  allOfHistory(): Statement {
    return { sql: `SELECT * FROM ${this.#history}`, params: [] };
  }

  allOfRevision(): Statement {
    return { sql: `SELECT * FROM ${this.#revision}`, params: [] };
  }

  rows(columns: Columns): Statement {
    return this.#select(this.#listOf(columns), this.#from, new Conditions(this.#dialect, this.#filter));
  }

  /** @param how `>`, or `>=` where two changes may have the same version */
  rowsSince(columns: Columns, version: string, how: '>' | '>=', since: unknown): Statement {
    const where = new Conditions(this.#dialect, this.#filter).compare(version, how, since);
    return this.#select(this.#listOf(columns), this.#from, where);
  }

  rowsOf(columns: Columns, keys: readonly string[]): Statement {
    return this.#select(this.#listOf(columns), this.#from, new Conditions(this.#dialect, this.#filter).among(columns.key, keys));
  }

  keys({ key, value }: Columns): Statement {
    const where = new Conditions(this.#dialect, this.#filter).present(value);
    return this.#select(this.#text(key), this.#from, where);
  }

  /** The highest version, and how many keys there are: those whose value is NULL are not. */
  position({ version, value }: Columns): Statement {
    const highest = version === undefined ? 'NULL' : `max(${this.#dialect.quote(version)})`;
    return this.#select(`${highest}, count(${this.#dialect.quote(value)})`, this.#from, new Conditions(this.#dialect, this.#filter));
  }

  revision(): Statement {
    return { sql: `SELECT ${this.#dialect.quote('version')} FROM ${this.#revision}`, params: [] };
  }

  /** The same, as long as the table is there with its columns: to drop it leaves the revision as it was. */
  revisionOf(columns: Columns): Statement {
    const { quote } = this.#dialect;
    const [revision, table] = [quote('calumma_revision'), quote('calumma_table')];
    const none = `SELECT ${this.#namesOf(columns).map((column) => quote(column)).join(', ')} FROM ${this.#table} WHERE 1 = 0`;
    return { sql: `SELECT ${revision}.${quote('version')} FROM ${this.#revision} ${revision} LEFT JOIN (${none}) ${table} ON 1 = 1`, params: [] };
  }

  /** The keys that the history says were changed. */
  changedSince(since: unknown): Statement {
    const where = new Conditions(this.#dialect, this.#filter).compare('version', '>', since);
    return this.#select(`DISTINCT ${this.#text('key')}`, this.#history, where);
  }

  /** One of these keys that was changed after a version: by its row, or by the history, which knows what is gone. */
  conflict(columns: Columns, version: string, keys: readonly string[], since: unknown): readonly Statement[] {
    const inTable = new Conditions(this.#dialect, this.#filter).compare(version, '>', since).among(columns.key, keys);
    const inHistory = new Conditions(this.#dialect, this.#filter).compare('version', '>', since).among('key', keys);
    return [
      this.#select(this.#text(columns.key), this.#table, inTable),
      this.#select(this.#text('key'), this.#history, inHistory),
    ];
  }

  /** Takes the lock of the revision, and tells the triggers who writes, and that it is one write; `undefined`: nobody they could name. */
  sign(by: { readonly author: string; readonly reason: string } | undefined): Statement {
    const { quote, placeholder } = this.#dialect;
    const base = this.#dialect.marksWrites === true ? `, ${quote('base')} = ${by === undefined ? 'NULL' : quote('version')}` : '';
    const sql = `UPDATE ${this.#revision} SET ${quote('author')} = ${placeholder(1)}, ${quote('reason')} = ${placeholder(2)}${base}`;
    return { sql, params: [by?.author ?? null, by?.reason ?? null] };
  }

  upsert(columns: Columns, entries: readonly (readonly [key: string, value: string])[]): Statement {
    const { quote, placeholder } = this.#dialect;
    const fixed = this.#filter.map(([, value]) => value);
    const keys = [...this.#filter.map(([column]) => quote(column)), quote(columns.key)];
    const params = entries.flatMap(([key, value]) => [...fixed, key, value]);
    const width = keys.length + 1;
    const rows = entries.map((_, row) => `(${Array.from({ length: width }, (_, i) => placeholder(row * width + i + 1)).join(', ')})`);
    const value = quote(columns.value);
    const sql = this.#dialect.upsert({ table: this.#table, columns: [...keys, value], keys, value, rows: rows.join(', ') });
    return { sql, params };
  }

  remove(columns: Columns, keys: readonly string[]): Statement {
    const where = new Conditions(this.#dialect, this.#filter).among(columns.key, keys);
    return { sql: `DELETE FROM ${this.#table}${where.sql}`, params: where.params };
  }

  /** The bytes of keys and values: their sum, or a row for each where a sum would hold the event loop. */
  bytes({ key, value }: Columns): Statement {
    const { quote, bytes, inProcess = false } = this.#dialect;
    const where = new Conditions(this.#dialect, this.#filter).present(value);
    const ofOne = `${bytes(quote(key))} + ${bytes(quote(value))}`;
    return this.#select(inProcess ? ofOne : `sum(${ofOne})`, this.#table, where);
  }

  history(key: string | undefined, limit: number): Statement {
    const where = new Conditions(this.#dialect, this.#filter);
    if (key !== undefined) where.compare('key', '=', key);
    const list = historyColumns.map((column) => (column === 'version' ? this.#dialect.quote(column) : this.#text(column))).join(', ');
    const { sql, params } = this.#select(list, this.#history, where);
    return { sql: `${sql} ORDER BY ${this.#dialect.quote('id')} DESC LIMIT ${limit}`, params };
  }

  #listOf(columns: Columns): string {
    return this.#namesOf(columns).map((column) => this.#text(column)).join(', ');
  }

  #namesOf({ key, value, updatedAt }: Columns): string[] {
    return updatedAt === undefined ? [key, value] : [key, value, updatedAt];
  }

  #text(column: string): string {
    const quoted = this.#dialect.quote(column);
    return this.#dialect.text?.select(quoted) ?? quoted;
  }

  #select(list: string, from: string, where: Conditions): Statement {
    return { sql: `SELECT ${list} FROM ${from}${where.sql}`, params: where.params };
  }
}

/** What the history is read by, in this order. */
export const historyColumns = ['key', 'old_value', 'new_value', 'version', 'author', 'reason', 'changed_at'] as const;

/** A WHERE and its parameters. */
class Conditions {
  readonly #dialect: Dialect;
  readonly #parts: string[] = [];
  readonly params: unknown[] = [];

  constructor(dialect: Dialect, filter: TablePlan['filter']) {
    this.#dialect = dialect;
    for (const [column, value] of filter) this.compare(column, '=', value);
  }

  get sql(): string {
    return this.#parts.length === 0 ? '' : ` WHERE ${this.#parts.join(' AND ')}`;
  }

  compare(column: string, how: '=' | '>' | '>=', value: unknown): this {
    this.#parts.push(`${this.#dialect.quote(column)} ${how} ${this.#param(value)}`);
    return this;
  }

  among(column: string, values: readonly unknown[]): this {
    this.#parts.push(`${this.#dialect.quote(column)} IN (${values.map((value) => this.#param(value)).join(', ')})`);
    return this;
  }

  present(column: string): this {
    this.#parts.push(`${this.#dialect.quote(column)} IS NOT NULL`);
    return this;
  }

  #param(value: unknown): string {
    this.params.push(value);
    return this.#dialect.placeholder(this.params.length);
  }
}
