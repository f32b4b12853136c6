import { checkOptions, checkText, optionError } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import type { TableOptions } from './contract.js';

/** {@link TableOptions}, checked. */
export interface TablePlan {
  /** The function the options were given to: `postgres`; begins the origins. */
  readonly what: string;
  /** The layer's name: begins the messages. */
  readonly layer: string;
  readonly table: string;
  readonly query: string | undefined;
  readonly key: string;
  readonly value: string;
  /** `undefined`: `version`, if there is such a column. */
  readonly version: string | false | undefined;
  /** `undefined`: `updated_at`, if there is such a column. */
  readonly updatedAt: string | false | undefined;
  readonly filter: readonly (readonly [column: string, value: string])[];
}

/**
 * Checks the options that say what to read; the other ones of `options` are not looked at.
 *
 * @param what the function they were given to: `postgres`
 * @throws ConfigError CALUMMA_OPTION
 */
export function tableOptions(what: string, options: TableOptions, layer: string): TablePlan {
  const { table = 'properties', query, key = 'key', value = 'value', version, updatedAt, filter = {} } = options;
  checkTable(`${what}({ table })`, table);
  if (query !== undefined) checkQuery(what, options);
  checkText(`${what}({ key })`, key);
  checkText(`${what}({ value })`, value);
  checkColumn(`${what}({ version })`, version);
  checkColumn(`${what}({ updatedAt })`, updatedAt);
  return { what, layer, table, query, key, value, version, updatedAt, filter: filterOf(what, filter) };
}

/**
 * A table's name, `name` or `schema.name`.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function checkTable(what: string, table: unknown): asserts table is string {
  checkText(what, table);
  if (table.split('.').includes('')) throw optionError(what, '"name" or "schema.name"', table);
}

function checkQuery(what: string, { query, table }: TableOptions): void {
  checkText(`${what}({ query })`, query);
  if (table !== undefined) throw new ConfigError('CALUMMA_OPTION', `${what}(options): expected a table or a query, found both`);
}

function checkColumn(what: string, column: unknown): void {
  if (column !== undefined && column !== false) checkText(what, column);
}

function filterOf(what: string, filter: unknown): TablePlan['filter'] {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw optionError(`${what}({ filter })`, 'an object of columns and the values they must have', filter);
  }
  return Object.entries(filter).map(([column, value]: [string, unknown]) => {
    checkText(`${what}({ filter }): column`, column);
    checkText(`${what}({ filter: { ${column} } })`, value);
    return [column, value] as const;
  });
}

/** The names of the tables that the shipped schema has beside the main one. */
export function companionsOf(table: string): { readonly history: string; readonly revision: string } {
  return { history: `${table}_history`, revision: `${table}_revision` };
}

/** Options of the functions that give a schema's SQL. */
export interface SchemaOptions {
  /** `name` or `schema.name`. Default `properties`. */
  readonly table?: string;
  /** Columns that are part of the key, for the `filter` of readers: `['application', 'environment']`. Default none. */
  readonly filter?: readonly string[];
}

/** Names that the shipped schema has taken. */
const schemaColumns = ['id', 'key', 'value', 'version', 'updated_at', 'old_value', 'new_value', 'author', 'reason', 'changed_at'];

/**
 * Checks the options of a function that gives a schema's SQL.
 *
 * @param what the function: `postgresSchema`
 * @throws ConfigError CALUMMA_OPTION
 */
export function schemaOptions(what: string, options: SchemaOptions): Required<SchemaOptions> {
  checkOptions(what, options, ['table', 'filter']);
  const { table = 'properties', filter = [] } = options;
  checkTable(`${what}({ table })`, table);
  if (!Array.isArray(filter)) throw optionError(`${what}({ filter })`, 'an array of columns', filter);
  for (const column of filter as readonly unknown[]) {
    checkText(`${what}({ filter })`, column);
    if (schemaColumns.includes(column)) throw new ConfigError('CALUMMA_OPTION', `${what}({ filter }): expected other columns than the schema's own, found "${column}"`);
  }
  return { table, filter };
}
