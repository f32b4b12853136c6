import type { IncomingMessage } from 'node:http';

/** What the caller of a request may do. */
export interface Access {
  /** Who it is, where a token or a certificate says so: the author of writes. */
  readonly name?: string;
  readonly write: boolean;
  /** Secrets are shown. */
  readonly reveal: boolean;
}

/** Decides who may do what, before anything else is looked at. @throws Problem 401, 403, 429 */
export type Authorise = (request: IncomingMessage) => Access;

/** Everybody who can reach us may read what is no secret, and nobody may write. */
export const readOnly: Authorise = () => ({ write: false, reveal: false });
