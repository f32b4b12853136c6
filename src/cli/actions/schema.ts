import type { Terminal } from '../terminal.js';

interface SchemaOptions {
  readonly table?: string;
  readonly filter?: readonly string[];
  readonly json?: true;
}

export async function schema({ output }: Terminal, database: string, { json, table, filter }: SchemaOptions): Promise<void> {
  const statements = await statementsOf(database, { ...(table !== undefined && { table }), ...(filter !== undefined && { filter }) });
  if (json === true) output.json(statements);
  else for (const statement of statements) output.line(/;\s*$/.test(statement) ? statement.trimEnd() : `${statement};`);
}

async function statementsOf(database: string, options: Omit<SchemaOptions, 'json'>): Promise<string[]> {
  if (database === 'postgres') return [(await import('../../entries/postgres.js')).postgresSchema(options)];
  if (database === 'sqlite') return [(await import('../../entries/sqlite.js')).sqliteSchema(options)];
  return (await import('../../entries/mysql.js')).mysqlSchema(options);
}
