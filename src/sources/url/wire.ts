import { Agent, buildConnector, type Dispatcher } from 'undici';

import type { HeaderValues } from './headers.js';
import type { UrlSpec } from './options.js';
import { Problem } from './problem.js';
import { tlsOptions, type UrlTls } from './tls.js';
import { openTunnel, type Opening } from './tunnel.js';

type Connector = buildConnector.connector;

/**
 * The connections of one reader. Each request has one of its own: none is idle when a server or a load balancer closes
 * it, none leads to where a name no longer points, and none holds the process between requests.
 */
export class Wire {
  readonly #spec: UrlSpec;
  readonly #own: Agent;
  #foreign: Agent | undefined;
  /** What is being opened. undici would let it go on, for as long as a server keeps it waiting. */
  readonly #openings = new Set<Opening>();

  constructor(spec: UrlSpec) {
    this.#spec = spec;
    this.#own = this.#agent(spec.tls);
  }

  /** @param own the address is one that the user has named: only those get to see the client's certificate */
  get(url: URL, own: boolean, headers: HeaderValues, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const agent = own ? this.#own : (this.#foreign ??= this.#agent(anonymous(this.#spec.tls)));
    const { proxy } = this.#spec;
    if (proxy === undefined || url.protocol === 'https:') {
      return agent.request({ method: 'GET', origin: url.origin, path: url.pathname + url.search, headers, signal });
    }
    // Many proxies tunnel to port 443 only, so plain HTTP is asked for in the absolute form (RFC 9112, 3.2.2).
    const passed = { host: url.host, ...headers, ...(proxy.authorization && { 'proxy-authorization': proxy.authorization }) };
    return agent.request({ method: 'GET', origin: proxy.url.origin, path: url.href, headers: passed, signal });
  }

  /** Breaks everything off. */
  readonly close = (): void => {
    const reason = new Problem('the reader has gone');
    this.#giveUp(reason);
    for (const agent of [this.#own, this.#foreign]) agent?.destroy(reason).catch(() => undefined);
  };

  #agent(tls: UrlTls): Agent {
    // Pipelining 0: no connection is used twice. The request has a deadline of its own: undici looks every half second.
    return new Agent({ pipelining: 0, headersTimeout: 0, bodyTimeout: 0, connect: this.#timed(this.#connector(tls)) });
  }

  #connector(tls: UrlTls): Connector {
    const connect = this.#tracked(connectorOf(tls));
    const { proxy } = this.#spec;
    if (proxy === undefined) return connect;
    const toProxy = this.#tracked(connectorOf(anonymous(tls)));
    return (to, callback) => {
      if (to.protocol !== 'https:') return toProxy(to, callback);
      const authority = to.port === '' ? `${to.host}:443` : (to.host ?? to.hostname);
      const opening = openTunnel(proxy, authority, tlsOptions(anonymous(tls)), (error, socket) => {
        this.#openings.delete(opening);
        if (socket === undefined) callback(error, null);
        else connect({ ...to, httpSocket: socket }, callback);
      });
      this.#openings.add(opening);
    };
  }

  #tracked(connect: Connector): Connector {
    return (to, callback) => {
      // Typed as giving nothing, it gives the socket.
      const socket = connect(to, (...result) => {
        this.#openings.delete(socket);
        callback(...result);
      }) as unknown as Opening;
      this.#openings.add(socket);
    };
  }

  #timed(connect: Connector): Connector {
    const { connectTimeoutMs: ms } = this.#spec;
    return (to, callback) => {
      const late = new Problem(`expected a connection within ${ms} ms, found none: check host and port, and the network`);
      const timer = setTimeout(() => this.#giveUp(late), ms).unref();
      connect(to, (...result) => {
        clearTimeout(timer);
        callback(...result);
      });
    };
  }

  #giveUp(reason: Error): void {
    for (const opening of this.#openings) opening.destroy(reason);
    this.#openings.clear();
  }
}

function connectorOf(tls: UrlTls): Connector {
  return buildConnector({ ...tlsOptions(tls), timeout: 0 });
}

function anonymous({ ca, rejectUnauthorized }: UrlTls): UrlTls {
  return { ...(ca !== undefined && { ca }), ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) };
}

