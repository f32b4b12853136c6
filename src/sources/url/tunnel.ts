import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';

import type { Proxy } from './options.js';
import { Problem } from './problem.js';

/** What can be given up while it is being opened. */
export interface Opening {
  destroy(error: Error): unknown;
}

export type Opened = (...result: [error: Error, socket: undefined] | [error: null, socket: Socket]) => void;

/**
 * Asks a proxy for a connection through it. Not with undici's ProxyAgent, which cannot be made to let go of one that is
 * being opened.
 *
 * @param authority `host:port`
 */
export function openTunnel(proxy: Proxy, authority: string, tls: RequestOptions, opened: Opened): Opening {
  const { url, authorization } = proxy;
  const headers = { host: authority, ...(authorization && { 'proxy-authorization': authorization }) };
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = ask(url, { ...tls, method: 'CONNECT', path: authority, headers, agent: false });
  request.once('connect', ({ statusCode = 0 }, socket: Socket) => {
    if (statusCode >= 200 && statusCode < 300) return opened(null, socket);
    socket.destroy();
    const advice = statusCode === 407 ? ': give user and password in "proxy"' : '';
    opened(new Problem(`expected the proxy to open a tunnel, found its status ${statusCode}${advice}`), undefined);
  });
  request.once('error', (error) => opened(error, undefined));
  request.end();
  return request;
}
