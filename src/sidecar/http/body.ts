import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.js';

/**
 * All of a request's body, but never more of it than may be.
 *
 * @throws Problem 413; the rest of the body is not waited for
 */
export async function bodyOfRequest(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length']) > mostBytes) throw tooLarge(mostBytes);
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Not destroyed when we leave: the answer goes out on the same connection.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}

function tooLarge(mostBytes: number): Problem {
  return new Problem(413, 'BODY_TOO_LARGE', `expected at most ${mostBytes} bytes of body`);
}
