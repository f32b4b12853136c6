import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import type { SqlConnection } from './contract.js';
import type { TablePlan } from './plan.js';
import { historyColumns, Statements, type Columns, type Statement } from './statements.js';

/** What stands in the database under a plan. */
export interface Table {
  readonly plan: TablePlan;
  readonly columns: Columns;
  readonly statements: Statements;
  /** The shipped schema's version of the whole table is there, and may be read. */
  readonly hasRevision: boolean;
  /** The shipped schema's history is there, and may be read. */
  readonly hasHistory: boolean;
}

/**
 * Asks the database what a table or query has.
 *
 * @throws SourceError when it is not there, or a column that was named is not
 */
export async function describeTable(connection: SqlConnection, plan: TablePlan): Promise<Table> {
  const statements = new Statements(connection.dialect, plan);
  const found = await columnsOf(connection, statements.everything());
  const columns = chosenOf(plan, found);
  const mayBeShipped = plan.query === undefined && columns.key === 'key' && columns.value === 'value' && columns.version === 'version';
  const hasRevision = mayBeShipped && (await has(connection, statements.allOfRevision(), revisionColumns(connection)));
  const hasHistory = mayBeShipped && (await has(connection, statements.allOfHistory(), ['id', ...historyColumns, ...filterColumns(plan)]));
  // Nobody said that the column is an index, or that it is kept well: where it saves nothing but work of this process, rows are compared.
  const isCompared = connection.dialect.inProcess === true && plan.version === undefined && !hasRevision;
  return { plan, columns: isCompared ? { ...columns, version: undefined } : columns, statements, hasRevision, hasHistory };
}

/** `"properties"`, or `the query`: for messages. */
export function nameOf({ query, table }: TablePlan): string {
  return query === undefined ? quote(table) : 'the query';
}

function columnsOf(connection: SqlConnection, { sql, params }: Statement): Promise<readonly string[]> {
  return connection.columns(sql, params);
}

function chosenOf(plan: TablePlan, found: readonly string[]): Columns {
  const named = (column: string, option: string): string => {
    if (!found.includes(column)) throw missingColumn(plan, column, option, found);
    return column;
  };
  const optional = (column: string | false | undefined, usual: string, option: string): string | undefined => {
    if (column === undefined) return found.includes(usual) ? usual : undefined;
    return column === false ? undefined : named(column, option);
  };
  for (const column of filterColumns(plan)) named(column, 'filter');
  return {
    key: named(plan.key, 'key'),
    value: named(plan.value, 'value'),
    version: optional(plan.version, 'version', 'version'),
    updatedAt: optional(plan.updatedAt, 'updated_at', 'updatedAt'),
  };
}

function missingColumn(plan: TablePlan, column: string, option: string, found: readonly string[]): SourceError {
  const there = found.map((name) => quote(name)).join(', ');
  return new SourceError(
    `${plan.layer}: expected a column ${quote(column)} in ${nameOf(plan)}, found ${there === '' ? 'no columns' : there}: name another one with ${plan.what}({ ${option} })`,
  );
}

function filterColumns({ filter }: TablePlan): readonly string[] {
  return filter.map(([column]) => column);
}

function revisionColumns({ dialect }: SqlConnection): readonly string[] {
  return ['version', 'author', 'reason', ...(dialect.marksWrites === true ? ['base'] : [])];
}

async function has(connection: SqlConnection, statement: Statement, needed: readonly string[]): Promise<boolean> {
  try {
    const found = await columnsOf(connection, statement);
    return needed.every((column) => found.includes(column));
  } catch (error) {
    if (connection.isOutOfReach(error)) return false;
    throw error;
  }
}
