import { createHash } from 'node:crypto';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as zlib from 'node:zlib';

import { Problem } from './problem.js';

export interface Body {
  readonly bytes: Buffer;
  readonly sha256: string;
}

type Decoder = () => Transform;

/** Node 20 does not have it. */
const zstd = (zlib as { createZstdDecompress?: Decoder }).createZstdDecompress;

const decoders = new Map<string, Decoder>([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['br', () => zlib.createBrotliDecompress()],
]);
if (zstd !== undefined) decoders.set('zstd', () => zstd());

/** What servers are told that we can decode. */
export const acceptedEncodings = zstd === undefined ? 'gzip, br' : 'gzip, br, zstd';

/** Whether a body ends by itself: a compressed one that breaks off does not decode. */
export function endsItself(encoding: string): boolean {
  return decoders.has(encoding);
}

/**
 * Reads a body to its end, decoding and counting on the way: as it is sent and decoded, no more than `limit` bytes are
 * ever held, and a bomb goes off only as far as that.
 *
 * @param encoding the `Content-Encoding` in lower case; `''` if there is none
 * @throws Problem, and what the stream throws
 */
export async function readBody(body: Readable, encoding: string, limit: number): Promise<Body> {
  const counter = (chunks: AsyncIterable<Buffer>) => counted(chunks, limit);
  if (encoding === '' || encoding === 'identity') return pipeline(body, counter, collect);
  const decoder = decoders.get(encoding);
  if (decoder === undefined) throw new Problem(`expected a body that is plain or compressed as ${acceptedEncodings}, found another Content-Encoding`);
  try {
    return await pipeline(body, counter, decoder(), counter, collect);
  } catch (error) {
    throw isOfZlib(error) ? new Problem('expected a compressed body, found one that breaks off or is damaged', { cause: error }) : error;
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const chunk of chunks) {
    count += chunk.length;
    if (count > limit) throw new Problem(`expected at most ${limit} bytes, found more ("maxBytes" moves the limit)`, { code: 'CALUMMA_TOO_LARGE' });
    yield chunk;
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Body> {
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  for await (const chunk of chunks) {
    hash.update(chunk);
    parts.push(chunk);
  }
  return { bytes: await joined(parts), sha256: hash.digest('hex') };
}

/** `Buffer.concat`, letting the event loop turn: 10 MB that were never touched before take the system a while to give. */
async function joined(parts: readonly Buffer[]): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  let since = performance.now();
  for (const part of parts) {
    at += part.copy(whole, at);
    if (performance.now() - since < 2) continue;
    await nextTurn();
    since = performance.now();
  }
  return whole;
}

function isOfZlib(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ERR_PADDING|ERR__?(ERROR|BROTLI|ZSTD)|BROTLI_|ZSTD_|ERR_BROTLI|ERR_ZSTD)/.test(code);
}
