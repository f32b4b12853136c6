import { existsSync } from 'node:fs';
import path from 'node:path';

import { checkText } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { parsed, shownUrl } from '../url/address.js';

/** Where a sidecar listens. */
export interface Address {
  /** What paths are put behind. Of a socket: `http://localhost`, which is the host that the sidecar is told. */
  readonly url: URL;
  readonly socketPath: string | undefined;
  /** What messages and origins show. */
  readonly shown: string;
  /** On this host: knocking costs little. */
  readonly isLocal: boolean;
}

/**
 * @param what begins the message: `sidecar({ url })`
 * @throws ConfigError `CALUMMA_OPTION`
 */
export function httpAddress(what: string, href: unknown): Address {
  const url = parsed(what, href);
  if (url.username !== '' || url.password !== '') throw new ConfigError('CALUMMA_OPTION', `${what}: expected an address without user and password (a token goes into "token"), found one with them`);
  if (url.search !== '' || url.hash !== '') throw new ConfigError('CALUMMA_OPTION', `${what}: expected an address without "?" and "#" ("config" and "prefix" say what to read), found one with them`);
  return { url, socketPath: undefined, shown: shownUrl(url).replace(/\/$/, ''), isLocal: isLoopback(url.hostname) };
}

// sun_path of Linux, without the NUL at its end; others have less.
const longestSocketPath = 107;

/** @throws ConfigError `CALUMMA_OPTION` */
export function socketAddress(what: string, given: unknown): Address {
  checkText(what, given);
  const socketPath = path.resolve(given);
  const bytes = Buffer.byteLength(socketPath);
  if (bytes > longestSocketPath) throw new ConfigError('CALUMMA_OPTION', `${what}: expected the path of a socket, at most ${longestSocketPath} bytes, found ${bytes}`);
  return { url: new URL('http://localhost'), socketPath, shown: `unix:${given}`, isLocal: true };
}

/**
 * An address as it stands in `CALUMMA_SIDECAR`: of HTTP, or `unix:/path`, `/path`, `./path`.
 *
 * @throws ConfigError `CALUMMA_OPTION`
 */
export function anyAddress(what: string, given: string): Address {
  if (given.startsWith('unix:')) return socketAddress(what, given.slice('unix:'.length));
  return /^[./]/.test(given) ? socketAddress(what, given) : httpAddress(what, given);
}

/** Where a sidecar listens that was told nothing else: on its socket, where there is one at this moment, else on its port. */
export function usualAddress({ RUNTIME_DIRECTORY, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): Address {
  const sockets = [
    ...(RUNTIME_DIRECTORY ? [path.join(RUNTIME_DIRECTORY, 'sidecar.sock')] : []),
    ...(XDG_RUNTIME_DIR ? [path.join(XDG_RUNTIME_DIR, 'calumma', 'sidecar.sock')] : []),
  ];
  const socket = sockets.find((one) => existsSync(one));
  return socket === undefined ? httpAddress('sidecar()', 'http://127.0.0.1:8078') : socketAddress('sidecar()', socket);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
