import { ConfigError, SourceError } from '../../core/errors.js';
import { withinMs } from '../deadline.js';
import type { Place } from '../table/advice.js';
import { problemOf } from './errors.js';
import type { Connected } from './link.js';
import type { ConnectOptions } from './options.js';
import { importPg, type PgClient, type PgOwnClient, type PgPool, type PgPoolClient, type PgStream } from './pg.js';

export interface ConnectRequest {
  readonly what: string;
  readonly table: string | undefined;
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Does not keep the process alive. */
  readonly background: boolean;
}

/** Opens a connection. @throws ConfigError */
export type Connect = (request: ConnectRequest) => Promise<Connected>;

export function connectBy(options: ConnectOptions, pool: PgPool | undefined): Connect {
  return pool === undefined ? (request) => connectOwn(options, request) : (request) => checkOut(pool, request);
}

async function connectOwn(options: ConnectOptions, request: ConnectRequest): Promise<Connected> {
  const { what, timeout, signal } = request;
  const { Client } = await importPg(what);
  const client = createClient(Client, options, what);
  const place = placeOf(client, request);
  // For as long as it lives: an error event that nobody hears ends the process.
  client.on('error', () => undefined);
  const destroy = (): void => {
    client.connection?.stream.destroy();
  };
  if (signal.aborted) throw new SourceError(`${what}: connecting was given up`);
  signal.addEventListener('abort', destroy, { once: true });
  try {
    if (request.background) client.unref?.();
    await withinMs(timeout, `${what}: connecting to ${place.server}`, client.connect());
    if (request.background) client.unref?.(); // TLS has put another socket in its place
    return connected(client, place, { giveBack: () => leave(client), discard: destroy });
  } catch (thrown) {
    destroy();
    throw problemOf(thrown, place);
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

function createClient(Client: new (config: object) => PgOwnClient, options: ConnectOptions, what: string): PgOwnClient {
  try {
    return new Client({ fallback_application_name: 'calumma', keepAlive: true, ...options });
  } catch {
    // Without a cause: what `pg` throws quotes the connection string, password and all.
    throw new ConfigError('CALUMMA_OPTION', `${what}: expected a connectionString such as postgres://user:password@host:5432/database, and options that go with it, found others`);
  }
}

async function checkOut(pool: PgPool, request: ConnectRequest): Promise<Connected> {
  const { what, timeout, signal } = request;
  const place: Place = { what, server: 'the database of the pool', user: undefined, table: request.table, timeout };
  const coming = pool.connect() as Promise<PgPoolClient>;
  let client: PgPoolClient;
  try {
    client = await withinMs(timeout, `${what}: a free connection of the pool`, unlessAborted(signal, what, coming));
  } catch (thrown) {
    // It may come when nobody waits for it any more.
    coming.then((late) => late.release(), () => undefined);
    throw problemOf(thrown, place);
  }
  if (request.background) client.unref?.();
  return connected(client, placeIn(client, place), { giveBack: () => client.release(), discard: () => throwAway(client) });
}

async function unlessAborted<T>(signal: AbortSignal, what: string, work: Promise<T>): Promise<T> {
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(new SourceError(`${what}: connecting was given up`));
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}

function connected(client: PgClient, place: Place, ends: Pick<Connected, 'giveBack' | 'discard'>): Connected {
  const stream = client.connection?.stream;
  if (stream !== undefined) return { client, stream, place, ...ends };
  ends.giveBack();
  throw new ConfigError('CALUMMA_CLIENT', `${place.what}: expected a client of the package "pg" in plain JavaScript, found another one, such as pg-native`);
}

/** Says goodbye, and does not wait for an answer that may never come. */
function leave(client: PgOwnClient): void {
  const { stream } = client.connection as { stream: PgStream };
  client.end().catch(() => undefined);
  if (stream.destroySoon === undefined) stream.destroy();
  else stream.destroySoon();
}

function throwAway(client: PgPoolClient): void {
  client.connection?.stream.destroy();
  client.release(true);
}

function placeOf(client: PgOwnClient, { what, table, timeout }: ConnectRequest): Place {
  const { host, port, database, user } = client;
  const address = host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { what, server: database === undefined ? address : `${address}/${database}`, user, table, timeout };
}

function placeIn(client: Partial<PgOwnClient>, place: Place): Place {
  const { host, port, database, user } = client;
  if (typeof host !== 'string' || typeof port !== 'number') return place;
  return { ...place, server: `${host}:${port}${database === undefined ? '' : `/${database}`}`, user };
}
