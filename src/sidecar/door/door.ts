import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Access, nobody } from '../access.js';
import { Problem } from '../http/problem.js';
import { isPage } from '../routes/page.js';
import { isLoopback } from './address.js';
import { expectOwnPage, type KnownHosts } from './origin.js';
import type { TokenFile } from './token-file.js';
import { WrongTokens, type Patience } from './wrong-tokens.js';

export interface DoorOptions {
  readonly tokens: TokenFile | undefined;
  readonly hosts: KnownHosts;
  readonly patience: Patience;
}

/** Characters of a token that nobody finds by trying, however often. */
const unguessable = 24;

/** Which way a request came. */
export type Way = 'tcp' | 'socket';

/** Decides who may do what, before anything else is looked at. */
export class Door {
  readonly #tokens: TokenFile | undefined;
  readonly #hosts: KnownHosts;
  readonly #wrong: WrongTokens;

  constructor({ tokens, hosts, patience }: DoorOptions) {
    this.#tokens = tokens;
    this.#hosts = hosts;
    this.#wrong = new WrongTokens(patience);
  }

  /** @throws Problem 400, 401, 403, 429 */
  access(request: IncomingMessage, way: Way): Access {
    // No browser reaches a Unix socket.
    if (way === 'tcp') expectOwnPage(request, this.#hosts);
    expectNoTokenInQuery(request.url ?? '');
    const { authorization } = request.headers;
    if (authorization !== undefined) return asWanted(request, this.#byToken(authorization, way === 'socket' ? 'socket' : (request.socket.remoteAddress ?? '')));
    const client = way === 'tcp' ? certified(request) : undefined;
    if (client !== undefined) return client;
    if (way === 'socket' || isLocal(request) || asksForPage(request)) return nobody;
    throw unauthorised('expected a token in the header Authorization: Bearer, or a client certificate', '');
  }

  #byToken(authorization: string, address: string): Access {
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (token === undefined) throw unauthorised('Authorization: expected Bearer and a token', '');
    if (this.#tokens === undefined) throw unauthorised('this sidecar was started without tokens: tokenFile names the file of them', '');
    const now = performance.now();
    const access = this.#tokens.accessBy(token);
    // All users of this host share its address: one of them must not keep the others out.
    if (access !== undefined && token.length >= unguessable && isOfThisHost(address)) return access;
    const wait = this.#wrong.waitOf(address, now);
    if (wait > 0) throw new Problem(429, 'TOO_MANY_WRONG_TOKENS', 'too many wrong tokens from there', { 'retry-after': String(Math.ceil(wait / 1_000)) });
    if (access !== undefined) return access;
    // Where there are no tokens, none can be found out: the file is away for a moment, while it is replaced.
    if (!this.#tokens.isEmpty) this.#wrong.note(address, now);
    throw unauthorised('no such token', ' error="invalid_token"');
  }
}

/** Who may see secrets can ask not to, as the page does: it holds everything for hours. */
function asWanted({ headers }: IncomingMessage, access: Access): Access {
  return access.reveal && headers['x-config-reveal'] === 'no' ? { ...access, reveal: false } : access;
}

/** A certificate lets in to read; who writes shows a token besides. */
function certified({ socket }: IncomingMessage): Access | undefined {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerCertificate === undefined) return undefined;
  return nobody;
}

/** Who signs in needs the page to do it. */
function asksForPage({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && isPage(url.replace(/\?.*$/, ''));
}

function isOfThisHost(address: string): boolean {
  return address === 'socket' || isLoopback(address);
}

function isLocal({ socket }: IncomingMessage): boolean {
  return isLoopback(socket.localAddress) && isLoopback(socket.remoteAddress);
}

/** Addresses stand in logs and histories, where a token would be read by others. */
function expectNoTokenInQuery(url: string): void {
  if (!/[?&](?:access_)?token=/i.test(url)) return;
  throw new Problem(400, 'TOKEN_IN_QUERY', 'expected the token in the header Authorization: Bearer, never in an address; take this one back, it may stand in a log');
}

function unauthorised(message: string, detail: string): Problem {
  return new Problem(401, 'UNAUTHORIZED', message, { 'www-authenticate': `Bearer realm="calumma"${detail}` });
}
