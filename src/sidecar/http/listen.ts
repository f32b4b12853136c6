import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type ListenOptions } from 'node:net';
import { ConfigError } from '../../index.js';

/**
 * Lets a server listen at a TCP address.
 *
 * @returns the port
 * @throws ConfigError CALUMMA_LISTEN
 */
export async function listenAt(server: Server, host: string, port: number): Promise<number> {
  await listening(server, { host, port }, `${host}:${port}`);
  return (server.address() as AddressInfo).port;
}

/**
 * Lets a server listen at a Unix socket. One that a killed process has left is taken away first; one that somebody listens at is not.
 *
 * @throws ConfigError CALUMMA_LISTEN
 */
export async function listenAtSocket(server: Server, path: string): Promise<void> {
  await removeLeftSocket(path);
  await listening(server, { path }, path);
  await chmod(path, 0o660);
}

function listening(server: Server, options: ListenOptions, place: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(refusal(place, error));
    server.once('error', failed);
    server.listen(options, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function refusal(place: string, error: NodeJS.ErrnoException): ConfigError {
  const found = error.code === 'EADDRINUSE' ? 'somebody who listens there already: perhaps another sidecar' : error.message;
  return new ConfigError('CALUMMA_LISTEN', `the sidecar cannot listen at ${place}: expected a free place, found ${found}`, { cause: error });
}

async function removeLeftSocket(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new ConfigError('CALUMMA_LISTEN', `the sidecar cannot listen at ${path}: expected a free place or a socket, found something else`);
  if (!(await isListenedAt(path))) await unlink(path);
}

/** Whether somebody listens at a socket. One that we may not open, or that has too many before it already, is in use. */
export function isListenedAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (inUse: boolean): void => {
      socket.destroy();
      resolve(inUse);
    };
    socket.once('connect', () => done(true));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => done(!['ECONNREFUSED', 'ENOENT'].includes(code)));
  });
}
