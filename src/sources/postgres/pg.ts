import { importClient } from '../client.js';

/*
 * What is used of the package `pg`, spelled out here so that TypeScript users of Calumma need no types of it.
 * test/sources/postgres/options.test.ts holds it against the real ones.
 */

export interface PgField {
  readonly name: string;
}

export interface PgResult {
  readonly rows: readonly (readonly unknown[])[];
  readonly fields: readonly PgField[];
}

/** All values are wanted as an array a row, parsed by us: the parsers of `pg` can be changed by anybody in the process. */
export interface PgQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode: 'array';
  readonly types: { getTypeParser(oid: number, format?: string): (text: string) => unknown };
}

export interface PgNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** The socket below a client; a TLS one once that is agreed upon. */
export interface PgStream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  removeListener(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  destroy(): unknown;
  destroySoon?(): unknown;
}

export interface PgClient {
  query(query: PgQuery | string): Promise<PgResult>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (notification: PgNotification) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
  end(): Promise<void>;
  unref?(): void;
  /** Not there in a client of `pg-native`. */
  readonly connection?: { readonly stream: PgStream };
}

export interface PgOwnClient extends PgClient {
  connect(): Promise<unknown>;
  readonly host: string;
  readonly port: number;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
}

export interface PgPoolClient extends PgClient {
  /** With `true` the connection is thrown away instead of going back. */
  release(broken?: boolean): void;
}

/** A `Pool` of the package `pg`, version 8. */
export interface PgPool {
  /** Lends a client; what it can do besides is for `pg` to say. */
  connect(): Promise<{ release(broken?: boolean): void }>;
}

export interface Pg {
  readonly Client: new (config: object) => PgOwnClient;
}

/** @throws ConfigError CALUMMA_CLIENT */
export async function importPg(what: string): Promise<Pg> {
  const loaded = await importClient(what, 'pg', () => import('pg'));
  return loaded.default as unknown as Pg;
}
