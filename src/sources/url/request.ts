import type { Dispatcher } from 'undici';

import { idOf, isHttp, redirected, shownUrl, type Address } from './address.js';
import { acceptedEncodings, endsItself, readBody, type Body } from './body.js';
import type { HeaderValues } from './headers.js';
import type { UrlSpec } from './options.js';
import { Problem } from './problem.js';
import { etagOf, modifiedOf, timeOf, type Stamp } from './stamp.js';
import type { Wire } from './wire.js';

/** What a server has said. */
export type Answer =
  /** What the stamp stands for still stands. */
  | { readonly kind: 'unchanged' }
  | Content;

export interface Content extends Body {
  readonly kind: 'content';
  readonly mediaType: string;
  /** Where it was found, after redirects. */
  readonly url: URL;
  readonly lastModified: number | undefined;
  readonly stamp: Omit<Stamp, 'content'>;
}

/** What a request needs beside the address. */
export interface Asking {
  readonly spec: UrlSpec;
  readonly wire: Wire;
  /** What the layer holds; counts for the address it came from. */
  readonly stamp: Stamp | undefined;
  readonly maxBytes: number;
}

/**
 * Asks one address, following redirects, within the deadline of the request.
 *
 * @throws Problem, and what undici throws; what `signal` aborts throws too
 */
export async function ask(address: Address, asking: Asking, signal: AbortSignal): Promise<Answer> {
  const { timeoutMs } = asking.spec;
  const abort = new AbortController();
  const leave = () => abort.abort(new Problem('the reader has gone'));
  const progress: Progress = { answered: false };
  const timer = setTimeout(() => abort.abort(lateness(progress, timeoutMs)), timeoutMs).unref();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await unlessAborted(followed(address, asking, abort.signal, progress), abort.signal);
  } catch (error) {
    // What was being done breaks off in many ways; what counts is why.
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

/** How far a request has come. */
interface Progress {
  answered: boolean;
}

function lateness({ answered }: Progress, ms: number): Problem {
  return new Problem(answered ? `expected the whole answer within ${ms} ms, found only a part of it` : `expected an answer within ${ms} ms, found none`);
}

/** A function for the headers need not heed the signal. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })),
  ]);
}

async function followed(address: Address, asking: Asking, signal: AbortSignal, progress: Progress): Promise<Answer> {
  const { spec, wire, stamp } = asking;
  const given = await spec.headers(signal);
  let { url } = address;
  // Once it has left the origin, a chain of redirects is in foreign hands, also where it leads back.
  let own = true;
  for (let hops = 0; ; hops++) {
    signal.throwIfAborted();
    const asked = stamp?.address === idOf(url, spec.readAs) ? stamp : undefined;
    const headers = { ...always, ...(own && credentials(address, given)), 'accept-encoding': acceptedEncodings, ...conditions(asked) };
    const response = await wire.get(url, own, headers, signal);
    progress.answered = true;
    response.body.on('error', () => undefined); // told by whoever reads it
    if (response.statusCode === 200) return contentIn(response, url, asking);
    response.body.destroy();
    if (response.statusCode === 304 && asked !== undefined) return { kind: 'unchanged' };
    if (!isRedirect(response)) throw refusal(response);
    if (hops >= spec.redirects) throw new Problem(`expected at most ${spec.redirects} redirects, found one more`);
    const next = target(url, response);
    own &&= next.origin === url.origin;
    url = next;
  }
}

const always: HeaderValues = {
  accept: '*/*',
  'user-agent': 'calumma',
  // A cache on the way may answer, but has to ask whether its answer is still true.
  'cache-control': 'no-cache',
};

function credentials({ authorization }: Address, given: HeaderValues): HeaderValues {
  return { ...(authorization !== undefined && { authorization }), ...given };
}

function conditions(stamp: Stamp | undefined): HeaderValues {
  return {
    ...(stamp?.etag !== undefined && { 'if-none-match': stamp.etag }),
    ...(stamp?.modified !== undefined && { 'if-modified-since': new Date(stamp.modified).toUTCString() }),
  };
}

function isRedirect({ statusCode }: Dispatcher.ResponseData): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

/** @throws Problem */
function target(from: URL, { headers, statusCode }: Dispatcher.ResponseData): URL {
  const to = redirected(from, headers.location);
  if (to === undefined || !isHttp(to)) throw new Problem(`expected status ${statusCode} to name an address, found none that is HTTP in its "Location"`);
  if (from.protocol === 'http:' || to.protocol === 'https:') return to;
  throw new Problem(`expected a redirect that stays with https, found one to ${shownUrl(to)}`);
}

function refusal({ statusCode, headers }: Dispatcher.ResponseData): Problem {
  const retryAfterMs = statusCode === 401 || statusCode === 403 ? slowlyMs : waitOf(headers);
  const absent = statusCode === 404 || statusCode === 410;
  return new Problem(`expected status 200, found ${statusCode}${advice[statusCode] ?? ''}`, { retryAfterMs, absent });
}

/** Credentials are mended by people. */
const slowlyMs = 5_000;

const advice: Readonly<Partial<Record<number, string>>> = {
  304: ', though nothing was said to be known',
  401: ': the credentials are missing or wrong (option "headers", or user and password in the address)',
  403: ': the credentials do not allow to read this',
  404: ': check the address ("optional: true" if nothing need be there)',
  407: ': give user and password in "proxy"',
  410: ': it was taken away ("optional: true" if nothing need be there)',
};

/** `Retry-After`, seconds or a date. */
function waitOf(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const wait = headers['retry-after'];
  if (typeof wait !== 'string') return undefined;
  if (/^\s*\d+\s*$/.test(wait)) return Number(wait) * 1_000;
  const until = timeOf(wait);
  return until === undefined ? undefined : Math.max(0, until - (timeOf(headers.date) ?? Date.now()));
}

async function contentIn(response: Dispatcher.ResponseData, url: URL, asking: Asking): Promise<Content> {
  const { headers, body } = response;
  const encoding = textOf(headers['content-encoding']).trim().toLowerCase();
  // Ended by the end of the connection, a half one looks as good as a whole one.
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined && !endsItself(encoding)) {
    body.destroy();
    throw new Problem('expected a body with a Content-Length or in chunks, found one of which nobody can tell whether it is whole');
  }
  const { bytes, sha256 } = await readBody(body, encoding, asking.maxBytes);
  const lastModified = timeOf(headers['last-modified']);
  return {
    kind: 'content',
    bytes,
    sha256,
    mediaType: textOf(headers['content-type']),
    url,
    lastModified,
    stamp: { address: idOf(url, asking.spec.readAs), modified: modifiedOf(lastModified, timeOf(headers.date)), etag: etagOf(headers.etag) },
  };
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : (header?.join(', ') ?? '');
}
