import type { ConfigError } from '../../core/errors.js';
import { whileHeard } from '../deadline.js';
import { importMysql, type MysqlClient } from './client.js';
import { problemOf, serverGone, type Place } from './errors.js';
import { end, Link } from './link.js';
import { ownSettings } from './settings.js';

/** How to reach the server, in the words of the client. */
export interface Address {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl?: string | object;
}

export interface Connecting {
  readonly address: Address;
  readonly place: Place;
  /** ms that the connection may be silent between two uses. */
  readonly idleMs: number;
  /** Whether the process stays alive for it. */
  readonly holds: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly lost?: ((error: ConfigError) => void) | undefined;
}

/**
 * Opens a connection of our own.
 *
 * @throws SourceError
 */
export async function openLink({ address, place, idleMs, holds, signal, lost }: Connecting): Promise<Link> {
  const client = await connect(address, place, holds, signal);
  const link = new Link(client, place, holds, lost);
  const close = (): void => link.destroy();
  signal?.addEventListener('abort', close, { once: true });
  try {
    await link.run(ownSettings(place.timeout, idleMs));
    return link;
  } catch (error) {
    link.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
  }
}

async function connect(address: Address, place: Place, holds: boolean, signal: AbortSignal | undefined): Promise<MysqlClient> {
  const mysql = await importMysql(place.what);
  signal?.throwIfAborted();
  const client = started(() => mysql.createConnection(configOf(address)), place);
  const { stream } = client;
  const close = (): void => end(client);
  // Without a listener an error would end the process, also one that comes when nobody waits for it any more.
  client.on('error', () => undefined);
  signal?.addEventListener('abort', close, { once: true });
  if (!holds) stream.unref();
  try {
    const connected = new Promise<void>((resolve, reject) => {
      client.connect((error) => (error === null ? resolve() : reject(error)));
      stream.once('close', () => reject(new Error('it was closed')));
    });
    await whileHeard({ heard: () => stream.bytesRead, ms: place.timeout, holds }, () => serverGone(place), connected);
    if (!holds) client.stream.unref(); // the one of TLS
    return client;
  } catch (thrown) {
    close();
    stream.destroy();
    throw problemOf(thrown, place);
  } finally {
    signal?.removeEventListener('abort', close);
  }
}

/** An option that the client refuses, such as an unknown TLS profile, is thrown at once. */
function started(create: () => MysqlClient, place: Place): MysqlClient {
  try {
    return create();
  } catch (thrown) {
    throw problemOf(thrown, place);
  }
}

function configOf(address: Address): object {
  return {
    ...address,
    // The client writes into it.
    ...(typeof address.ssl === 'object' && { ssl: { ...address.ssl } }),
    charset: 'UTF8MB4_UNICODE_CI',
    // A server must not be able to ask for our files.
    flags: ['-LOCAL_FILES'],
    // Its timer would keep the process alive; the deadline is ours.
    connectTimeout: 0,
    connectAttributes: { program_name: 'calumma' },
  };
}
