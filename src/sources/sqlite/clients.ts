import { createRequire } from 'node:module';
import process from 'node:process';

import { ConfigError } from '../../core/errors.js';
import type { SqliteDatabase } from './driver.js';

/** Opens a database file, which is made if it is not there. */
export type OpenFile = (path: string) => SqliteDatabase;

type DatabaseClass = new (path: string, options?: { readonly timeout: number }) => SqliteDatabase;

const packages = ['better-sqlite3', 'libsql'] as const;

/**
 * What opens SQLite files here: Node itself, else a package. None of them may wait for a lock by itself, because that would
 * hold the event loop.
 *
 * @throws ConfigError CALUMMA_CLIENT when there is none
 */
export function findClient(layer: string): OpenFile {
  const node = nodeSqlite();
  if (node !== undefined) return (path) => new node(path);
  const reasons: unknown[] = [];
  for (const name of packages) {
    try {
      const Database = createRequire(import.meta.url)(name) as DatabaseClass;
      return (path) => new Database(path, { timeout: 0 });
    } catch (reason) {
      reasons.push(reason);
    }
  }
  throw new ConfigError(
    'CALUMMA_CLIENT',
    `${layer}: expected node:sqlite (Node 22.16 or later) or the package "better-sqlite3" or "libsql", found none that can be loaded: npm install better-sqlite3`,
    { cause: reasons.find((reason) => !isMissing(reason)) ?? reasons[0] },
  );
}

function isMissing(reason: unknown): boolean {
  return (reason as { code?: unknown }).code === 'MODULE_NOT_FOUND';
}

interface NodeSqlite {
  readonly DatabaseSync: DatabaseClass;
  readonly StatementSync: { readonly prototype: object };
}

/** `undefined` where Node has none, or one from before rows could be had as arrays. */
function nodeSqlite(): DatabaseClass | undefined {
  const sqlite = withoutWarning(() => process.getBuiltinModule('node:sqlite')) as NodeSqlite | undefined;
  const statement = sqlite?.StatementSync.prototype ?? {};
  return 'setReturnArrays' in statement && 'columns' in statement ? sqlite?.DatabaseSync : undefined;
}

/** Node 22 calls its SQLite experimental when it is first loaded: what we use of it is tested, and our users cannot do anything about it. */
function withoutWarning<T>(load: () => T): T {
  const { emitWarning } = process as { emitWarning: (this: unknown, ...warning: unknown[]) => void };
  process.emitWarning = (...warning: unknown[]) => {
    if (!String(warning[0]).includes('SQLite')) emitWarning.apply(process, warning);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
