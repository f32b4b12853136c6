import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';

/** Whom we talk to, for messages: nothing of it is a secret. */
export interface Place {
  /** Name of the source. */
  readonly what: string;
  /** `127.0.0.1:5432/config`, as far as it is known. */
  readonly server: string;
  readonly user: string | undefined;
  /** The table as the user wrote it; `undefined` for a query. */
  readonly table: string | undefined;
  /** ms */
  readonly timeout: number;
}

/** What is said of an error of an SQL server. */
export interface Advice<P extends Place = Place> {
  /** What was expected, what was found, what to do. */
  readonly say: (place: P, reason: string) => string;
  /** Of no use to try again sooner. */
  readonly slowly?: boolean;
}

const slowlyMs = 5_000;

export function advised<P extends Place>({ say, slowly }: Advice<P>, place: P, reason: string, cause: unknown): SourceError {
  return new SourceError(`${place.what}: ${say(place, reason)}`, slowly === true ? { cause, retryAfterMs: slowlyMs } : { cause });
}

export function theTable({ table }: Place): string {
  return table === undefined ? 'the query' : `the table ${quote(table)}`;
}

export function asUser({ user }: Place): string {
  return user === undefined ? '' : ` as user ${quote(user)}`;
}

export function grantee({ user }: Place): string {
  return user === undefined ? 'this user' : quote(user);
}

export const lost: Advice = { say: ({ server }, reason) => `the connection to ${server} was lost (${reason})` };

export const other: Advice = { say: ({ server }, reason) => `expected ${server} to answer, found an error (${reason})` };

export const missingColumn: Advice = {
  say: (place, reason) =>
    `expected other columns in ${theTable(place)}, found that ${reason}: say what they are called with key, value, version, updatedAt and filter`,
};

export const crowded: Advice = {
  slowly: true,
  say: ({ server }, reason) => `expected a free connection at ${server}, found that all are taken (${reason}): raise max_connections, or close some`,
};

export const deadlock: Advice = { say: (place) => `expected ${theTable(place)} for ourselves, found a deadlock with other writers: write again` };

export const noTls: Advice = {
  slowly: true,
  say: ({ server }) => `expected TLS at ${server}, found that the server does not speak it: leave ssl out, or turn it on there`,
};

export const untrusted: Advice = {
  slowly: true,
  say: ({ server }, reason) => `expected a TLS certificate of ${server} that can be trusted, found another one (${reason}): give its authority as ssl: { ca }`,
};

/**
 * What the network, and TLS upon it, say in codes of Node, whichever database is behind it.
 *
 * @param product what was expected there: `a PostgreSQL`
 */
export function networkAdvice(product: string): readonly (readonly [code: string, advice: Advice])[] {
  const unreachable: Advice = {
    say: ({ server }, reason) => `expected ${product} at ${server}, found that nobody can be reached there (${reason}): check host and port, and that it runs`,
  };
  return [
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOENT', 'EACCES'].map((code) => [code, unreachable] as const),
    ...['ECONNRESET', 'EPIPE'].map((code) => [code, lost] as const),
    ...untrustedCodes.map((code) => [code, untrusted] as const),
  ];
}

const untrustedCodes = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];
