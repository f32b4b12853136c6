import type { IncomingMessage } from 'node:http';
import { Problem } from '../http/problem.js';
import { hostOf } from './address.js';

/** The names that this host goes by. */
export type KnownHosts = ReadonlySet<string>;

/** @param more what the user has added, and where the sidecar listens */
export function knownHosts(more: readonly string[]): KnownHosts {
  return new Set(['localhost', '127.0.0.1', '[::1]', ...more.map((host) => (host.startsWith('[') ? host.toLowerCase() : hostOf(host)))]);
}

/**
 * Refuses what a page of somebody else has sent through a browser on this host.
 *
 * A name of theirs can be made to lead to this address (DNS rebinding), so that a browser believes to be on their site still: it says so in
 * `Host`. A page that sends a request across sites says so in `Origin`, and every browser of today in `Sec-Fetch-Site`. Links that lead here are
 * followed.
 *
 * @throws Problem 403
 */
export function expectOwnPage(request: IncomingMessage, known: KnownHosts): void {
  const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  expectKnown(host, known, request);
  if (origin !== undefined && !isSame(origin, host)) throw foreign('Origin', 'the sidecar answers pages of its own only');
  if ((site === 'cross-site' || site === 'same-site') && mode !== 'navigate') throw foreign('Sec-Fetch-Site', 'the sidecar answers pages of its own only');
}

function expectKnown(host: string | undefined, known: KnownHosts, { socket }: IncomingMessage): void {
  const name = nameOf(host ?? '');
  if (known.has(name)) return;
  // An address by its number cannot be made to lead elsewhere.
  if (socket.localAddress !== undefined && name === hostOf(socket.localAddress)) return;
  throw foreign('Host', 'expected a name of this host; others are to be named in the option hosts');
}

/** `Example:8078` is `example`, `[::1]:8078` is `[::1]`. */
function nameOf(host: string): string {
  return host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}

function isSame(origin: string, host: string | undefined): boolean {
  const [, ofOrigin] = /^https?:\/\/([^/]*)$/i.exec(origin) ?? [];
  return ofOrigin !== undefined && ofOrigin.toLowerCase() === host?.toLowerCase();
}

function foreign(header: string, why: string): Problem {
  return new Problem(403, 'FOREIGN', `${header}: ${why}`);
}
