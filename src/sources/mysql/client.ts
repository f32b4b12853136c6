import type { Socket } from 'node:net';

import { importClient } from '../client.js';

/*
 * What is used of the package `mysql2`, spelled out here so that TypeScript users of Calumma need no types of it.
 */

/** A column of an answer, by the numbers of the protocol. */
export interface MysqlField {
  readonly name: string;
  readonly columnType: number;
  readonly characterSet: number;
}

export interface MysqlQueryOptions {
  readonly sql: string;
  readonly values: readonly [];
  readonly rowsAsArray: true;
  /** Every value as the bytes that the server sent. A function, because one of a pool's would win over `false`. */
  readonly typeCast: (field: { buffer(): Buffer | null }) => Buffer | null;
  readonly nestTables: false;
  readonly namedPlaceholders: false;
}

export interface MysqlQuery {
  on(event: 'fields', listener: (fields: readonly MysqlField[] | undefined) => void): unknown;
  on(event: 'result', listener: (row: unknown) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

export interface MysqlClient {
  /** The one of TLS once that is agreed upon. */
  readonly stream: Socket;
  readonly config: { readonly host?: string; readonly port?: number; readonly database?: string; readonly user?: string; readonly socketPath?: string };
  query(options: MysqlQueryOptions): MysqlQuery;
  /** With `null` when all is well. */
  connect(done: (error: Error | null) => void): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  removeListener(event: 'error', listener: (error: unknown) => void): unknown;
  /** Stops taking packets off the wire, until `resume`. */
  pause(): void;
  resume(): void;
  end(): unknown;
  destroy(): void;
}

export interface MysqlPooledClient extends MysqlClient {
  release(): void;
}

/** The pool itself; that of `mysql2/promise` has it inside. */
export interface MysqlCorePool {
  getConnection(done: (error: Error | null, client: MysqlPooledClient) => void): void;
  readonly config?: { readonly connectionConfig?: MysqlClient['config'] };
}

/** A pool of the package `mysql2`, version 3, or of `mysql2/promise`. */
export interface MysqlPool {
  getConnection(...args: never[]): unknown;
}

export interface Mysql {
  createConnection(config: object): MysqlClient;
}

/** @throws ConfigError CALUMMA_CLIENT */
export async function importMysql(what: string): Promise<Mysql> {
  const loaded = await importClient(what, 'mysql2', () => import('mysql2'));
  return loaded.default as unknown as Mysql;
}
