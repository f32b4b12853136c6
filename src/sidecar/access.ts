import type { IncomingMessage } from 'node:http';
import { Problem } from './problem.js';

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

/** @throws Problem 401 for who has shown nothing, 403 for who may only read */
export function expectWrite({ name, write }: Access): void {
  if (write) return;
  if (name === undefined) throw new Problem(401, 'UNAUTHORIZED', 'expected a token with the right to write', { 'www-authenticate': 'Bearer' });
  throw new Problem(403, 'FORBIDDEN', `expected a token with the right to write; ${name} may only read`);
}
