import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Problem } from './problem.js';
import type { Underway } from './underway.js';

/** An answer, ready to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** In pieces, so that a large body is never copied to put a head in front of it. */
  readonly body: readonly (string | Buffer)[];
}

/** What keeps browsers from taking an answer for something else, or giving it to pages of others. */
export const guarding = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' };

export const jsonType = 'application/json; charset=utf-8';

export function answerJson(value: unknown, status = 200, headers: OutgoingHttpHeaders = {}): Answer {
  return { status, headers: { 'content-type': jsonType, 'cache-control': 'no-cache', ...headers }, body: [JSON.stringify(value)] };
}

export function answerProblem(problem: Problem): Answer {
  return answerJson(problem, problem.status, { ...problem.headers });
}

/** @param underway knows of what is not taken at once */
export function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer, underway?: Underway): void {
  // A body that nobody reads must not be carried to its end for the sake of the connection.
  if (hasBody(request) && !request.complete) headers.connection = 'close';
  Object.assign(headers, guarding);
  if (status !== 304) headers['content-length'] = lengthOf(body);
  response.writeHead(status, headers);
  if (body.length > 1 && request.method !== 'HEAD') {
    for (const piece of body.slice(0, -1)) response.write(piece);
  }
  response.end(body.at(-1));
  if (underway !== undefined && response.writableLength > 0) keep(response, body, underway);
}

function keep(response: ServerResponse, body: Answer['body'], underway: Underway): void {
  // A text is copied for each who gets it.
  const shared = body.findLast((piece) => typeof piece !== 'string');
  const taken = underway.add(shared ?? response, shared?.length ?? lengthOf(body), () => response.destroy());
  response.once('finish', taken).once('close', taken);
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function lengthOf(body: Answer['body']): number {
  let length = 0;
  for (const piece of body) length += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
  return length;
}
