import { hostname, userInfo } from 'node:os';

import type { Signature } from './access/access.js';

/** Who writes and why, as it will stand in the history. */
export function signatureOf({ author, reason }: Partial<Signature>, verb = 'calumma'): Signature {
  return { author: author ?? `${userName()}@${hostname()}`, reason: reason ?? `by ${verb} on the command line` };
}

/** A user id without an entry in the system's list, as in many containers, has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
