import type { ConnectionOptions } from 'node:tls';

import type { Redis } from 'ioredis';

import { msOf } from '../../core/amounts.js';
import { checkOptions, checkString, checkText, kindOf, optionError, wrongOption } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { rhythmOf, type Rhythm, type RhythmOptions } from '../store/follow.js';
import { dialAddress, dialClient, type Address, type Dial } from './dial.js';
import type { Place } from './place.js';

export interface RedisOptions extends RhythmOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://…` with TLS. Default: `redis://localhost:6379/0`. */
  readonly url?: string;
  /** Instead of a URL. Default `localhost`. */
  readonly host?: string;
  /** Default 6379. */
  readonly port?: number;
  /** A Unix socket, instead of host and port. */
  readonly path?: string;
  /** Default: the user named `default`. */
  readonly username?: string;
  readonly password?: string;
  /** Number of the database. Default 0. */
  readonly db?: number;
  /** As `tls.connect` takes it: `ca`, `cert`, `key`, `servername`, …  Default: TLS only with `rediss://`. */
  readonly tls?: ConnectionOptions;
  /**
   * An ioredis client (a `Redis`, also one with Sentinels; not a `Cluster`): connections are made as it makes its own
   * (`client.duplicate()`), its `keyPrefix` included. The client itself is neither used nor closed.
   */
  readonly client?: Redis;
  /** The hash whose fields are the properties. Either this or `prefix`. */
  readonly hash?: string;
  /** What the names of the keys begin with whose strings are the properties, such as `config:`; it is taken off. */
  readonly prefix?: string;
  /** The stream that `set` and `delete` keep the history in. Default: `<hash>:history` or `<prefix>:history`. */
  readonly history?: string;
  /** About so many changes are kept in the history, one for each key. Default 10_000. */
  readonly historyLength?: number;
  /** The layer's name. Default `redis`. */
  readonly name?: string;
  /** ms, or a duration: how long the server may be silent while an answer is owed. Default 5_000. */
  readonly timeout?: number | string;
  /**
   * How the server is asked to tell of changes. `auto`: by invalidations of client-side caching (Redis 6 and later), which need no
   * setting of the server and name every key that begins with the name of the hash, or with the prefix; else by keyspace
   * notifications. `keyspace`: only by these. `false`: not at all, the store is looked at every `every`. Default `auto`.
   */
  readonly notifications?: 'auto' | 'keyspace' | false;
}

const placeOptions = ['hash', 'prefix', 'history', 'historyLength'] as const;
const addressOptions = ['url', 'host', 'port', 'path', 'username', 'password', 'db', 'tls'] as const;
const known = [...addressOptions, 'client', ...placeOptions, 'name', 'every', 'reconcile', 'timeout', 'notifications'];

export interface Checked {
  readonly name: string;
  readonly dial: Dial;
  readonly place: Place;
  readonly rhythm: Rhythm;
  readonly notifications: 'auto' | 'keyspace' | false;
}

/** @throws ConfigError CALUMMA_OPTION */
export function checked(options: RedisOptions): Checked {
  checkOptions('redis', options, known);
  const { name = 'redis', notifications = 'auto', timeout = 5_000 } = options;
  checkText('redis({ name })', name);
  if (notifications !== 'auto' && notifications !== 'keyspace' && (notifications as unknown) !== false) {
    throw wrongOption('redis({ notifications })', '"auto", "keyspace" or false', notifications);
  }
  const timeoutMs = msOf(timeout, 'redis({ timeout })');
  const client = clientOf(options);
  const address = client === undefined ? addressOf(options) : undefined;
  const dial = client === undefined ? dialAddress(name, address ?? local, timeoutMs) : dialClient(name, client, timeoutMs);
  const place = placeOf(options, address?.db ?? client?.options.db ?? 0, client?.options.keyPrefix ?? '');
  return { name, dial, place, notifications, rhythm: rhythmOf('redis', options) };
}

function placeOf(options: RedisOptions, db: number, keyPrefix: string): Place {
  const { hash, prefix, historyLength = 10_000 } = options;
  if ((hash === undefined) === (prefix === undefined)) {
    const found = hash === undefined ? 'neither' : 'both';
    throw new ConfigError('CALUMMA_OPTION', `redis(options): expected either hash or prefix, found ${found}: hash: "config", or prefix: "config:"`);
  }
  const kind = hash === undefined ? 'prefix' : 'hash';
  const name = hash ?? prefix;
  checkText(`redis({ ${kind} })`, name);
  const { history = `${name}:history` } = options;
  checkText('redis({ history })', history);
  if (history === name && kind === 'hash') throw new ConfigError('CALUMMA_OPTION', 'redis({ history }): expected another name than that of the hash, found the same');
  if (!Number.isSafeInteger(historyLength) || historyLength < 1) throw wrongOption('redis({ historyLength })', 'a whole number above 0', historyLength);
  return { kind, name: keyPrefix + name, history: keyPrefix + history, historyLength, db };
}

function clientOf(options: RedisOptions): Redis | undefined {
  const { client } = options;
  if (client === undefined) return undefined;
  const beside = addressOptions.find((name) => options[name] !== undefined);
  if (beside !== undefined) throw new ConfigError('CALUMMA_OPTION', `redis(options): expected either client or ${beside}, found both`);
  if ((client as Partial<Redis> | null)?.isCluster === true) {
    throw new ConfigError('CALUMMA_OPTION', 'redis({ client }): expected a Redis of ioredis, found a Cluster, which is not supported');
  }
  const { duplicate, callBuffer, options: own } = (client as Partial<Redis> | null) ?? {};
  if (typeof duplicate !== 'function' || typeof callBuffer !== 'function' || typeof own !== 'object') {
    throw optionError('redis({ client })', 'a Redis of ioredis', client);
  }
  return client;
}

const local: Address = { host: 'localhost', port: 6379, path: undefined, username: undefined, password: undefined, db: 0, tls: undefined };

function addressOf(options: RedisOptions): Address {
  const base = options.url === undefined ? local : parsed(options.url);
  if (options.url !== undefined) {
    const beside = (['host', 'port', 'path'] as const).find((name) => options[name] !== undefined);
    if (beside !== undefined) throw new ConfigError('CALUMMA_OPTION', `redis(options): expected either url or ${beside}, found both`);
  }
  const { host = base.host, port = base.port, path, username = base.username, password = base.password, db = base.db, tls = base.tls } = options;
  checkText('redis({ host })', host);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrongOption('redis({ port })', 'a port from 1 to 65535', port);
  if (path !== undefined) checkText('redis({ path })', path);
  if (username !== undefined) checkText('redis({ username })', username);
  if (password !== undefined) checkString('redis({ password })', password);
  if (!Number.isSafeInteger(db) || db < 0) throw wrongOption('redis({ db })', 'the number of a database, 0 or more', db);
  if (tls !== undefined && (typeof tls !== 'object' || (tls as unknown) === null)) throw optionError('redis({ tls })', 'an object with options of TLS', tls);
  return { host, port, path, username, password: password === '' ? undefined : password, db, tls };
}

// The URL is never shown: it may hold a password wherever it is broken.
function parsed(url: unknown): Address {
  const wrong = (found: string): ConfigError =>
    new ConfigError('CALUMMA_OPTION', `redis({ url }): expected redis://user:password@host:port/db, or rediss://…, found ${found}`);
  if (typeof url !== 'string' || url === '') throw wrong(kindOf(url));
  if (!URL.canParse(url)) throw wrong('a text that is no URL: characters such as @ / : # in a password are written as %40 %2F %3A %23');
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw wrong(`${protocol}//`);
  if (search !== '' || hash !== '') throw wrong('something behind the number of the database');
  const db = pathname.replace(/^\//, '');
  if (!/^\d*$/.test(db)) throw wrong('no number as database');
  return {
    host: hostname === '' ? local.host : hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? local.port : Number(port),
    path: undefined,
    username: username === '' ? undefined : plainText(username, wrong),
    password: password === '' ? undefined : plainText(password, wrong),
    db: Number(db),
    tls: protocol === 'rediss:' ? {} : undefined,
  };
}

function plainText(escaped: string, wrong: (found: string) => ConfigError): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw wrong('a % in user or password that escapes nothing: it is written as %25');
  }
}
