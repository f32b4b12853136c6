import { Problem } from './http/problem.js';

/** What the caller of a request may do. */
export interface Access {
  /** Who showed a token: the author of writes. `undefined`: nobody did. */
  readonly name?: string;
  readonly write: boolean;
  /** Secrets are shown. */
  readonly reveal: boolean;
}

/** Everybody who can reach us from this host may read what is no secret, and nobody may write. */
export const nobody: Access = { write: false, reveal: false };

/**
 * @returns who writes
 * @throws Problem 401 for who has shown nothing, 403 for who may only read
 */
export function expectWrite({ name, write }: Access): string {
  if (name === undefined) throw new Problem(401, 'UNAUTHORIZED', 'expected a token with the right to write', { 'www-authenticate': 'Bearer realm="calumma"' });
  if (!write) throw new Problem(403, 'FORBIDDEN', `expected a token with the right to write; ${name} may only read`);
  return name;
}
