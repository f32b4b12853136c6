import { msOf } from '../../core/amounts.js';
import { checkFlag, checkFunction, checkOptions, checkText, optionError, wrongOption } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { hasStrayUserinfo } from '../../core/redact.js';
import { rhythmOf, type Rhythm, type RhythmOptions } from '../store/follow.js';
import { tableOptionNames, type TableOptions } from '../table/contract.js';
import type { PgPool } from './pg.js';

/** How to connect, as the package `pg` has it. What is left out comes from the variables `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE`. */
export interface ConnectOptions {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full` */
  readonly connectionString?: string;
  /** Name or address, or the folder of a Unix socket. Default `localhost`. */
  readonly host?: string;
  /** Default 5432. */
  readonly port?: number;
  readonly user?: string;
  /** A text, or a function that gives one: tokens that expire. */
  readonly password?: string | (() => string | Promise<string>);
  /** Default: the name of the user. */
  readonly database?: string;
  /** `true`, or options of `tls.connect`: `{ ca, cert, key, rejectUnauthorized }`. Default: no TLS. */
  readonly ssl?: boolean | object;
  readonly sslnegotiation?: 'postgres' | 'direct';
  readonly enableChannelBinding?: boolean;
  readonly scramMaxIterations?: number;
  /** Shown in `pg_stat_activity`. Default `calumma`. */
  readonly application_name?: string;
  /** Settings of the session: `-c search_path=config`. */
  readonly options?: string;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelayMillis?: number;
}

const connectOptionNames = [
  'connectionString', 'host', 'port', 'user', 'password', 'database', 'ssl', 'sslnegotiation', 'enableChannelBinding',
  'scramMaxIterations', 'application_name', 'options', 'keepAlive', 'keepAliveInitialDelayMillis',
] as const satisfies readonly (keyof ConnectOptions)[];

export interface PostgresOptions extends ConnectOptions, TableOptions, RhythmOptions {
  /** A `Pool` of `pg`, instead of saying how to connect: one client of it is used for as long as the table is followed. It is not ended. */
  readonly pool?: PgPool;
  /**
   * Where changes are announced. Default: `calumma:` and the name of the table, which is where the triggers of `postgresSchema` do.
   * For a `query` it has to be given, or changes are found by looking only.
   */
  readonly channel?: string;
  /** `false`: changes are not listened for, only looked for, as behind a PgBouncer that pools transactions. Default `true`. */
  readonly listen?: boolean;
  /** The layer's name, and the first word of its origins. Default `postgres`. */
  readonly name?: string;
  /** ms, or a duration: how long the server may be silent when it owes an answer. Default 5_000. */
  readonly timeout?: number | string;
}

/** Options that were checked. */
export interface Settings {
  readonly name: string;
  readonly connect: ConnectOptions;
  readonly pool: PgPool | undefined;
  readonly table: TableOptions;
  readonly channel: string | undefined;
  readonly listen: boolean;
  readonly timeout: number;
  readonly rhythm: Rhythm;
}

const ownNames = ['pool', 'channel', 'listen', 'name', 'every', 'reconcile', 'timeout'] as const;

/** @throws ConfigError CALUMMA_OPTION; the values of `password` and `connectionString` are never shown */
export function settingsOf(options: PostgresOptions): Settings {
  checkOptions('postgres', options, [...connectOptionNames, ...tableOptionNames, ...ownNames]);
  const { pool, channel, listen = true, name = 'postgres', timeout = 5_000 } = options;
  const connect = given(options, connectOptionNames);
  checkText('postgres({ name })', name);
  checkFlag('postgres({ listen })', listen);
  if (channel !== undefined) checkChannel('postgres({ channel })', channel);
  if (channel !== undefined && !listen) throw new ConfigError('CALUMMA_OPTION', 'postgres({ channel, listen }): expected a channel only where it is listened to, found both a channel and listen: false');
  checkConnect(connect);
  if (pool !== undefined) checkPool(pool, connect);
  return {
    name,
    connect,
    pool,
    table: given(options, tableOptionNames),
    channel,
    listen,
    timeout: msOf(timeout, 'postgres({ timeout })'),
    rhythm: rhythmOf('postgres', options),
  };
}

/** @throws ConfigError CALUMMA_OPTION */
export function checkChannel(what: string, channel: unknown): asserts channel is string {
  checkText(what, channel);
  // PostgreSQL would cut a longer name when listening, and refuse it when notifying.
  if (Buffer.byteLength(channel) > 63) throw wrongOption(what, 'a name of at most 63 bytes', channel);
}

function checkConnect(connect: ConnectOptions): void {
  for (const name of ['connectionString', 'host', 'user', 'database', 'application_name', 'options'] as const) {
    if (connect[name] !== undefined) checkText(`postgres({ ${name} })`, connect[name]);
  }
  const { connectionString = '', port, password, ssl } = connect;
  if (URL.canParse(connectionString) && hasStrayUserinfo(new URL(connectionString))) {
    throw new ConfigError('CALUMMA_OPTION', 'postgres({ connectionString }): expected user and password in percent-encoding (@ as %40, / as %2F), found an "@" behind the host');
  }
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) throw wrongOption('postgres({ port })', 'a port from 1 to 65535', port);
  if (password !== undefined && typeof password !== 'string' && typeof password !== 'function') {
    throw optionError('postgres({ password })', 'a text, or a function that gives one', password);
  }
  if (ssl !== undefined && typeof ssl !== 'boolean' && (typeof ssl !== 'object' || (ssl as unknown) === null)) {
    throw optionError('postgres({ ssl })', 'true, false or the options of tls.connect', ssl);
  }
}

function checkPool(pool: unknown, connect: ConnectOptions): void {
  const also = Object.keys(connect)[0];
  if (also !== undefined) {
    throw new ConfigError('CALUMMA_OPTION', `postgres({ pool, ${also} }): expected a pool, or how to connect, found both`);
  }
  if (typeof pool !== 'object' || pool === null) throw optionError('postgres({ pool })', 'a Pool of the package "pg"', pool);
  checkFunction('postgres({ pool }).connect', (pool as Partial<PgPool>).connect);
}

/** The options of these names that are there: an `undefined` is as good as none. */
function given<K extends keyof PostgresOptions>(options: PostgresOptions, names: readonly K[]): Pick<PostgresOptions, K> {
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])) as Pick<PostgresOptions, K>;
}

