import { request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { basename } from 'node:path';

import { whileHeard } from '../deadline.js';
import { Problem } from '../url/problem.js';
import { tlsOptions } from '../url/tls.js';
import type { Address } from './address.js';
import type { SidecarSpec } from './options.js';

/** What a sidecar is asked. */
export interface Call {
  readonly address: Address;
  readonly token: string | undefined;
  readonly method?: 'GET' | 'PATCH';
  /** Behind the address, with the query. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** JSON. */
  readonly body?: string;
  /** ms of silence after which the sidecar counts as gone. */
  readonly patienceMs: number;
  /** Characters of a body, at most. */
  readonly maxChars: number;
  /** Whether the process stays alive for the answer. Default false. */
  readonly holds?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** An answer whose body is still to come. */
export interface Opened {
  readonly response: IncomingMessage;
  /** Bytes that have come so far. */
  readonly heard: () => number;
}

/**
 * Asks, and reads the answer to its end.
 *
 * @throws Problem, and what Node throws; what `signal` aborts throws too
 */
export async function ask(spec: SidecarSpec, call: Call, signal?: AbortSignal): Promise<Answer> {
  const { response, heard } = await open(spec, call, signal);
  try {
    const listening = { ms: call.patienceMs, heard, holds: call.holds === true };
    const text = await whileHeard(listening, () => new Problem(`expected the whole answer, found a part of it and then nothing for ${call.patienceMs} ms`), textIn(response, call.maxChars));
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  } finally {
    response.destroy();
  }
}

/**
 * Asks, and waits for the answer to begin. Whoever called destroys the response when it is done with it.
 *
 * @throws Problem, and what Node throws; what `signal` aborts throws too
 */
export async function open(spec: SidecarSpec, call: Call, signal?: AbortSignal): Promise<Opened> {
  const request = sent(spec, call, signal);
  const heard = (): number => request.socket?.bytesRead ?? 0;
  try {
    const listening = { ms: call.patienceMs, heard, holds: call.holds === true };
    const response = await whileHeard(listening, () => new Problem(`expected an answer within ${call.patienceMs} ms, found none`), answerTo(request));
    response.on('error', () => undefined); // told by whoever reads it
    return { response, heard };
  } catch (error) {
    request.destroy();
    throw error;
  }
}

function sent(spec: SidecarSpec, call: Call, signal: AbortSignal | undefined): ClientRequest {
  const { url, socketPath } = call.address;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method: call.method ?? 'GET',
    path: url.pathname.replace(/\/$/, '') + call.path,
    headers: {
      'user-agent': 'calumma',
      'x-config-client': clientName(),
      ...(call.token !== undefined && { authorization: `Bearer ${call.token}` }),
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
    },
    // A connection of its own: none is idle when the sidecar closes it.
    agent: false,
    ...(socketPath !== undefined && { socketPath }),
    ...(url.protocol === 'https:' && tlsOptions(spec.tls)),
    ...(signal !== undefined && { signal }),
  });
  if (call.holds !== true) request.once('socket', (socket) => socket.unref());
  request.end(call.body);
  return request;
}

/** Who follows, in the sidecar's list of clients. */
function clientName(): string {
  return `${basename(process.argv[1] ?? 'node').replace(/[^\x20-\x7e]/g, '?')} ${process.pid}`;
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: an error after the answer has begun comes here too.
    request.on('error', reject);
  });
}

async function textIn(response: IncomingMessage, maxChars: number): Promise<string> {
  const chunks: string[] = [];
  let chars = 0;
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    chars += chunk.length;
    if (chars > maxChars) throw new Problem(`expected an answer of at most ${maxChars} characters, found more`, { code: 'CALUMMA_TOO_LARGE' });
    chunks.push(chunk);
  }
  if (!response.complete) throw new Problem('expected the whole answer, found that the connection was cut before its end');
  return chunks.join('');
}
