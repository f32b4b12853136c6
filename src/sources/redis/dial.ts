import type { ConnectionOptions } from 'node:tls';

import type { Redis, RedisOptions as ClientOptions } from 'ioredis';

import { importClient } from '../client.js';
import type { Command } from './connection.js';

/** How connections of our own are made. */
export interface Dial {
  /** The layer's name: begins the messages. */
  readonly what: string;
  /** `host:port`, without secrets. */
  readonly where: string;
  readonly timeoutMs: number;
  /** Sent first. The client would do that as well, but it warns on the console and tells no reason when it fails. */
  readonly login: readonly Command[];
  /** A client that is not connected yet. */
  readonly create: () => Promise<Redis>;
}

/** Where a Redis is and who we are there. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** A Unix socket, instead of host and port. */
  readonly path: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly tls: ConnectionOptions | undefined;
}

/** ioredis connects again, queues and sends again by itself; here the runtime does the first, and nobody the others. */
function plain(timeoutMs: number): ClientOptions {
  return {
    lazyConnect: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    reconnectOnError: null,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: timeoutMs,
    // RESP 2, which every server knows, and in which invalidations are messages that ioredis passes on.
    protocol: 2,
    replyMapping: 'legacy',
    stringNumbers: false,
    keyPrefix: '',
    connectionName: undefined,
    username: undefined,
    password: undefined,
    db: 0,
    monitor: false,
  };
}

/** Connections to an address. */
export function dialAddress(what: string, address: Address, timeoutMs: number): Dial {
  const { host, port, path, tls } = address;
  return {
    what,
    timeoutMs,
    where: path ?? `${host}:${port}`,
    login: loginOf(address),
    create: async () => {
      const { Redis: Client } = await importClient(what, 'ioredis', () => import('ioredis'));
      const options: ClientOptions = { ...plain(timeoutMs), host, port, ...(path === undefined ? {} : { path }), ...(tls === undefined ? {} : { tls }) };
      return new Client({ ...options, replyMapping: 'legacy' });
    },
  };
}

/** Connections like that of a client that was handed in, which itself is left alone. */
export function dialClient(what: string, client: Redis, timeoutMs: number): Dial {
  const { host = 'localhost', port = 6379, path, username, password, db = 0, sentinels, name } = client.options;
  const where = sentinels ? `the primary of "${name ?? ''}"` : (path ?? `${host}:${port}`);
  return {
    what,
    timeoutMs,
    where,
    login: loginOf({ username: username ?? undefined, password: password ?? undefined, db }),
    create: () => Promise.resolve<Redis>(client.duplicate(plain(timeoutMs))),
  };
}

function loginOf({ username, password, db }: Pick<Address, 'username' | 'password' | 'db'>): Command[] {
  return [
    ...(password === undefined ? [] : [['AUTH', ...(username === undefined ? [] : [username]), password] as const]),
    ...(db === 0 ? [] : [['SELECT', String(db)] as const]),
  ];
}
