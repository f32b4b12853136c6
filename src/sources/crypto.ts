import type * as Crypto from 'node:crypto';

/** Node takes 20 ms to load its cryptography: who has no use for it must not wait for it. */
export function crypto(): typeof Crypto {
  return process.getBuiltinModule('node:crypto');
}
