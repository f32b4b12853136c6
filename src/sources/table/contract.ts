/** A row in the order of the columns that were asked for. */
export type Row = readonly unknown[];

/** Rows put into a table, in the place of those with the same keys; all names are quoted. */
export interface Upsert {
  readonly table: string;
  readonly columns: readonly string[];
  /** The columns that a row is known by: the filter's and the key. */
  readonly keys: readonly string[];
  readonly value: string;
  /** `($1, $2), ($3, $4)` */
  readonly rows: string;
}

export interface TextColumns {
  readonly select: (column: string) => string;
  readonly read: (selected: unknown) => unknown;
}

/** How a database spells its SQL. */
export interface Dialect {
  /** `"na""me"`, `` `na``me` ``: names are quoted, never trusted. */
  readonly quote: (name: string) => string;
  /** The placeholder of the nth parameter, from 1: `$1`, `?`. */
  readonly placeholder: (n: number) => string;
  /** The statement that writes these rows: {@link upsertOnConflict} where the database has ON CONFLICT. */
  readonly upsert: (rows: Upsert) => string;
  /** An expression for the bytes of a text column: `octet_length("value")`. */
  readonly bytes: (column: string) => string;
  /** How a column of text is selected, and what comes of that is read, where a client spoils some texts. Default: as they are. */
  readonly text?: TextColumns;
  /**
   * Triggers know nothing of transactions: each write tells them, in the column `base` of the revision, at which version it began, so
   * that all its changes have the one after it.
   */
  readonly marksWrites?: boolean;
  /**
   * Queries run in this process, and hold its event loop until they give their first row: nothing is asked that goes through a
   * whole table for one answer.
   */
  readonly inProcess?: boolean;
}

/**
 * One connection to an SQL database, as the table reader and writer need it. Implementations turn what their client throws
 * into a SourceError that says what to do, and give no call more than their deadline without a sign of the server.
 */
export interface SqlConnection {
  readonly dialect: Dialect;
  /** The columns that a query would give, without running it to the end. */
  columns(sql: string, params: readonly unknown[]): Promise<readonly string[]>;
  /** The rows of a query in batches small enough (a few thousand at most) that no one of them holds the event loop for long. */
  rows(sql: string, params: readonly unknown[]): AsyncIterable<readonly Row[]>;
  /** Runs a statement that changes something. */
  run(sql: string, params: readonly unknown[]): Promise<void>;
  /** Runs `work` in a transaction of one view that changes nothing: all its queries see the same state. */
  snapshot<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction: all of it, or nothing if it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Whether what `columns` threw says that there is no such table, or that it may not be read: the tables beside the main one
   * are optional to a reader.
   */
  isOutOfReach(error: unknown): boolean;
  /** Ends it, whatever is under way. Never throws. */
  close(): void;
}

/** Which rows of which table, and what their columns are called. */
export interface TableOptions {
  /** `name` or `schema.name`. Default `properties`. */
  readonly table?: string;
  /** A SELECT instead of a table; it is wrapped, so it may be of any kind. The source can then not be written. */
  readonly query?: string;
  /** Column of the keys. Default `key`. */
  readonly key?: string;
  /** Column of the values; NULL means that the key is absent. Default `value`. */
  readonly value?: string;
  /**
   * Column that grows with each change, in the order of commits, as the shipped schema's does: only rows above the last one seen are
   * read then. Default: `version` where there is such a column, else every look reads everything.
   */
  readonly version?: string | false;
  /** Column with the time of the write, for the lag. Default: `updated_at` where there is such a column. */
  readonly updatedAt?: string | false;
  /** Only rows with these values in these columns: `{ application: 'gateway', environment: 'prod' }`. */
  readonly filter?: Readonly<Record<string, string>>;
}

export const tableOptionNames = ['table', 'query', 'key', 'value', 'version', 'updatedAt', 'filter'] as const;

/** {@link Dialect.upsert} for PostgreSQL and SQLite. */
export function upsertOnConflict({ table, columns, keys, value, rows }: Upsert): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows} ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${value} = excluded.${value}`;
}
