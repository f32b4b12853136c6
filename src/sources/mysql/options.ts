import { msOf } from '../../core/amounts.js';
import { checkFunction, checkOptions, checkString, checkText, optionError, wrongOption } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { rhythmOf, type Rhythm, type RhythmOptions } from '../store/follow.js';
import { tableOptionNames, type TableOptions } from '../table/contract.js';
import type { MysqlCorePool, MysqlPool } from './client.js';
import type { Address } from './own-link.js';
import { addressOf } from './uri.js';

/** How to connect, as the package `mysql2` has it. */
export interface MysqlConnectOptions {
  /** `mysql://user:password@host:3306/database`, with the parameters `ssl` and `socketPath` if need be, instead of the options below but `ssl`. */
  readonly uri?: string;
  /** Default `localhost`. */
  readonly host?: string;
  /** Default 3306. */
  readonly port?: number;
  /** A Unix socket, instead of host and port. */
  readonly socketPath?: string;
  readonly user?: string;
  /** A text, or a function that gives one each time it connects: tokens that expire. */
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  /**
   * `true`, options of `tls.connect` (`{ ca, cert, key, rejectUnauthorized, verifyIdentity }`), or the name of a profile of `mysql2` such as
   * `Amazon RDS`. `true` checks the certificate and the name in it; for options, `mysql2` looks at the name with `verifyIdentity: true`
   * only. Default: no TLS.
   */
  readonly ssl?: boolean | string | object;
}

export interface MysqlOptions extends MysqlConnectOptions, TableOptions, RhythmOptions {
  /**
   * A pool of `mysql2` or `mysql2/promise`, instead of saying how to connect. A connection of it is borrowed for each look and each
   * write, and given back as it was. It is not ended.
   */
  readonly pool?: MysqlPool;
  /** The layer's name. Default `mysql`. */
  readonly name?: string;
  /** ms, or a duration: how long the server may be silent when it owes an answer. Default 5_000. */
  readonly timeout?: number | string;
}

/** What is there to connect to: an address whose password may have to be asked for, or a pool. */
export type Target =
  | { readonly kind: 'address'; readonly address: Address; readonly password: MysqlConnectOptions['password'] }
  | { readonly kind: 'pool'; readonly pool: MysqlCorePool };

/** Options that were checked. */
export interface Settings {
  readonly name: string;
  readonly target: Target;
  readonly timeout: number;
  readonly rhythm: Rhythm;
}

const addressNames = ['host', 'port', 'socketPath', 'user', 'password', 'database'] as const satisfies readonly (keyof MysqlConnectOptions)[];
const connectNames = ['uri', ...addressNames, 'ssl'] as const;

/** @throws ConfigError CALUMMA_OPTION; the values of `password` and `uri` are never shown */
export function settingsOf(options: MysqlOptions): Settings {
  checkOptions('mysql', options, [...connectNames, ...tableOptionNames, 'pool', 'name', 'every', 'reconcile', 'timeout']);
  const { name = 'mysql', timeout = 5_000, pool } = options;
  checkText('mysql({ name })', name);
  return {
    name,
    target: pool === undefined ? addressTarget(options) : poolTarget(pool, options),
    timeout: msOf(timeout, 'mysql({ timeout })'),
    rhythm: rhythmOf('mysql', options),
  };
}

function addressTarget(options: MysqlConnectOptions): Target {
  checkConnect(options);
  const { uri, ssl } = options;
  const { password, ...address } = uri === undefined ? given(options, addressNames) : addressOf(uri);
  return { kind: 'address', password, address: { ...address, ...tlsOf(ssl, address.host) } };
}

function checkConnect(options: MysqlConnectOptions): void {
  const { uri, port, password, ssl } = options;
  const also = addressNames.find((name) => options[name] !== undefined);
  if (uri !== undefined && also !== undefined) throw new ConfigError('CALUMMA_OPTION', `mysql({ uri, ${also} }): expected one of them, found both`);
  for (const name of ['uri', 'host', 'socketPath', 'user', 'database'] as const) {
    if (options[name] !== undefined) checkText(`mysql({ ${name} })`, options[name]);
  }
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) throw wrongOption('mysql({ port })', 'a port from 1 to 65535', port);
  if (password !== undefined && typeof password !== 'function') checkString('mysql({ password })', password);
  const isTls = typeof ssl === 'boolean' || (typeof ssl === 'string' && ssl !== '') || (typeof ssl === 'object' && (ssl as unknown) !== null);
  if (ssl !== undefined && !isTls) throw optionError('mysql({ ssl })', 'true, false, the name of a profile or the options of tls.connect', ssl);
}

function tlsOf(ssl: MysqlConnectOptions['ssl'], host = ''): Pick<Address, 'ssl'> {
  if (ssl === undefined || ssl === false) return {};
  // An address has no name that a certificate could be held against.
  return { ssl: ssl === true ? { verifyIdentity: !/^[\d.]+$|:/.test(host) } : ssl };
}

function poolTarget(pool: unknown, options: MysqlConnectOptions): Target {
  const also = connectNames.find((name) => options[name] !== undefined);
  if (also !== undefined) throw new ConfigError('CALUMMA_OPTION', `mysql({ pool, ${also} }): expected a pool, or how to connect, found both`);
  return { kind: 'pool', pool: corePool(pool) };
}

/** That of `mysql2/promise` has the real one inside. One of the package `mysql` lacks what tells both apart. */
function corePool(pool: unknown): MysqlCorePool {
  if (typeof pool !== 'object' || pool === null) throw optionError('mysql({ pool })', 'a pool of the package "mysql2"', pool);
  const core: unknown = 'pool' in pool ? pool.pool : pool;
  const { getConnection, promise } = (core ?? {}) as { getConnection?: unknown; promise?: unknown };
  checkFunction('mysql({ pool }).getConnection', getConnection);
  checkFunction('mysql({ pool }).promise', promise);
  return core as MysqlCorePool;
}

/** The options of these names that are there: an `undefined` is as good as none. */
function given<K extends keyof MysqlConnectOptions>(options: MysqlConnectOptions, names: readonly K[]): Pick<MysqlConnectOptions, K> {
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])) as Pick<MysqlConnectOptions, K>;
}
