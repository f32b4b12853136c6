import { hostname } from 'node:os';
import { ConfigError } from '../../index.js';
import type { Settings } from '../options.js';
import { isLoopback } from './address.js';
import { Door } from './door.js';
import { knownHosts } from './origin.js';
import { TokenFile } from './token-file.js';

/**
 * The door of a sidecar with these settings.
 *
 * @throws ConfigError CALUMMA_OPTION when it would stand open to other hosts, or the tokens cannot be read
 */
export function openDoor({ listen, hosts, tokenFile, tls, onError, limits }: Settings): Door {
  if (listen !== undefined && !isLoopback(listen.host) && tokenFile === undefined && tls?.ca === undefined) {
    throw new ConfigError(
      'CALUMMA_OPTION',
      `startSidecar({ listen }): expected a loopback address such as 127.0.0.1, found ${JSON.stringify(listen.host)}: other hosts reach it there, so name a file of tokens (tokenFile), or who signs the certificates of clients (tls.ca)`,
    );
  }
  return new Door({
    tokens: tokenFile === undefined ? undefined : new TokenFile(tokenFile, onError),
    hosts: knownHosts([...(listen === undefined ? [] : [listen.host, hostname()]), ...hosts]),
    patience: { most: limits.wrongTokens, windowMs: limits.wrongTokensMs },
  });
}
