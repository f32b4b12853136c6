import { ConfigError, FormatError, SourceError, type ErrorCode } from '../../core/errors.js';
import type { Address } from './address.js';

export interface ProblemDetails {
  readonly code?: ErrorCode;
  readonly cause?: unknown;
  /** ms that the server asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
  /** The server says that there is nothing, which may be fine. */
  readonly absent?: boolean;
}

/** Why one mirror gave nothing of use, before it is known which one that was. The same problem has the same words each time. */
export class Problem extends Error {
  readonly details: ProblemDetails;

  constructor(message: string, details: ProblemDetails = {}) {
    super(message);
    this.details = details;
  }
}

export function originOf(address: Address): string {
  return `url:${address.shown}`;
}

/** What went wrong at a mirror, in the words that users see. */
export function errorAt(name: string, address: Address, thrown: unknown): ConfigError {
  const origin = originOf(address);
  if (thrown instanceof FormatError) return thrown.in(origin);
  const { message, details } = thrown instanceof Problem ? thrown : brokenOff(thrown);
  const { code = 'CALUMMA_SOURCE', cause, retryAfterMs } = details;
  if (code !== 'CALUMMA_SOURCE') return new ConfigError(code, `${name}: ${message}`, { origin, cause });
  return new SourceError(`${name}: ${message}`, { origin, cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/** All mirrors failed: each with its problem. */
export function allFailed(name: string, failures: readonly { address: Address; thrown: unknown }[]): ConfigError {
  const errors = failures.map(({ address, thrown }) => errorAt(name, address, thrown));
  const [only] = errors;
  if (only !== undefined && errors.length === 1) return only;
  const problems = failures.map(({ address, thrown }) => `${address.shown}: ${wordsOf(thrown)}`);
  const waits = errors.map((error) => (error instanceof SourceError ? error.retryAfterMs : undefined));
  // Leaving all alone is right only if all ask for it.
  const retryAfterMs = waits.includes(undefined) ? undefined : Math.min(...waits.map((ms) => ms ?? 0));
  return new SourceError(`${name}: expected one of ${errors.length} mirrors to answer, found none that does; ${problems.join('; ')}`, {
    cause: new AggregateError(errors, 'all mirrors failed'),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export function wordsOf(thrown: unknown): string {
  if (thrown instanceof FormatError) return `${thrown.format}: ${thrown.problem} (line ${thrown.line}, column ${thrown.column})`;
  return thrown instanceof Problem ? thrown.message : brokenOff(thrown).message;
}

// How a cut shows is a matter of moments: it has one name.
const wasCut = 'that the connection was cut before its end';

const found: Readonly<Partial<Record<string, string>>> = {
  ECONNREFUSED: 'that the connection is refused',
  ECONNRESET: wasCut,
  EPIPE: wasCut,
  UND_ERR_SOCKET: wasCut,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: wasCut,
  UND_ERR_HEADERS_OVERFLOW: 'headers of more than 16 kB',
  ENOENT: 'no socket in its place',
  EACCES: 'that this process must not use the socket: check its group and mode',
  ENOTFOUND: 'that the name of the host is not known: check the address and the DNS',
  EAI_AGAIN: 'that the DNS does not answer',
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to the network',
  ETIMEDOUT: 'that the network gave up',
  CERT_HAS_EXPIRED: 'a certificate that has expired',
  CERT_NOT_YET_VALID: 'a certificate that is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'a certificate for another host: check the address, or name the host with "tls.servername"',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'a certificate nobody vouches for: give the CA with "tls.ca"',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate of an unknown CA: give the CA with "tls.ca"',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'a certificate of an unknown CA: give the CA with "tls.ca"',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'a certificate of an unknown CA: give the CA with "tls.ca"',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'that the server wants a client certificate: give "tls.cert" and "tls.key"',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'that the server refuses the client certificate',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'that the TLS handshake failed; the server may want a client certificate: "tls.cert" and "tls.key"',
  ERR_SSL_WRONG_VERSION_NUMBER: 'a server that does not speak TLS: check the port, or begin the address with http://',
  EPROTO: 'that the TLS handshake failed',
};

/** Node's and undici's own words hold ports, addresses and times, which differ from try to try: their codes do not. */
function brokenOff(cause: unknown): Problem {
  const { name, code = '', message } = Object(cause) as { name?: unknown; code?: unknown; message?: unknown };
  if (name === 'HTTPParserError') return unparsable(String(message));
  const words = found[String(code)] ?? (code === '' ? 'that the request failed' : `that the request failed (${String(code)})`);
  return new Problem(`expected an answer, found ${words}`, { cause });
}

/** It is no cause to be shown: undici gives it the text that it could not read. */
function unparsable(message: string): Problem {
  if (message.includes('EOF')) return new Problem(`expected an answer, found ${wasCut}`);
  return new Problem('expected HTTP, found something else: check protocol and port');
}
