import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Limits } from './limits.js';
import { TokenBucket } from './token-bucket.js';

export interface Gateway {
  /** `http://127.0.0.1:43211` */
  readonly url: string;
  /** ms until it would let a whole second's worth of requests through at once. */
  readonly untilFull: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Record<string, string>;
}

/**
 * A small HTTP gateway on the loopback interface that enforces its limits on each request: 403 for a host that is not
 * allowed, 429 with `Retry-After` over the rate, 504 when the upstream takes too long. `/slow?ms=500` is an upstream
 * that takes 500 ms.
 */
export async function startGateway(limits: Limits): Promise<Gateway> {
  const bucket = new TokenBucket(() => limits.rate.get());
  const closing = new AbortController();
  // one listener for each request that is waiting for its upstream
  setMaxListeners(0, closing.signal);
  const server = createServer((request, response) => {
    const answered = answer(request, limits, bucket, closing.signal);
    answered.then((result) => send(response, result)).catch(() => response.destroy());
  });
  const url = await listen(server);
  return {
    url,
    get untilFull() {
      return bucket.untilFull;
    },
    close: () => {
      closing.abort();
      return closed(server);
    },
  };
}

async function answer(request: IncomingMessage, limits: Limits, bucket: TokenBucket, closing: AbortSignal): Promise<Answer> {
  const host = targetHost(request);
  if (!limits.hosts.get().includes(host)) {
    return { status: 403, text: `${host} is not among gateway.allowed.hosts (${limits.hosts.get().join(', ')})` };
  }
  const wait = bucket.take();
  if (wait > 0) {
    const headers = { 'retry-after': String(Math.max(1, Math.ceil(wait / 1_000))) };
    return { status: 429, text: `over gateway.rate.limit (${limits.rate.get()} requests a second)`, headers };
  }
  return fromUpstream(request, limits.timeout.get(), closing);
}

async function fromUpstream(request: IncomingMessage, timeoutMs: number, closing: AbortSignal): Promise<Answer> {
  const takesMs = upstreamMs(request);
  if (takesMs > 0) await sleep(Math.min(takesMs, timeoutMs), undefined, { signal: closing });
  if (takesMs > timeoutMs) return { status: 504, text: `the upstream took longer than gateway.timeout (${timeoutMs} ms)` };
  return { status: 200, text: takesMs === 0 ? 'passed' : `passed, after ${takesMs} ms` };
}

function targetHost(request: IncomingMessage): string {
  const named = request.headers['x-target-host'] ?? request.headers.host ?? '';
  const host = typeof named === 'string' ? named : (named[0] ?? '');
  return host.toLowerCase().replace(/:\d+$/, '');
}

function upstreamMs(request: IncomingMessage): number {
  const query = (request.url ?? '').split('?', 2)[1];
  const ms = Number(new URLSearchParams(query).get('ms') ?? 0);
  return ms > 0 ? Math.min(ms, 60_000) : 0;
}

function send(response: ServerResponse, { status, text, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${status} ${text}\n`);
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
