import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../../index.js';

/** Files in PEM for TLS. */
export interface SidecarTls {
  readonly key: string;
  readonly cert: string;
  /** Who signs the certificates of clients: with one that is verified they may read. Default: no certificates are asked for. */
  readonly ca?: string | undefined;
}

/**
 * What `node:https` wants to know.
 *
 * @throws ConfigError CALUMMA_OPTION when a file cannot be read, or is no key or certificate
 */
export function tlsOptions({ key, cert, ca }: SidecarTls): ServerOptions {
  const options = { key: contentOf('key', key), cert: contentOf('cert', cert), ...(ca !== undefined && { ca: contentOf('ca', ca) }) };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new ConfigError('CALUMMA_OPTION', `startSidecar({ tls }): expected a key and its certificate in PEM, found something else: ${(error as Error).message}`);
  }
  // Who comes without one is told so in HTTP, and may have a token.
  return { ...options, minVersion: 'TLSv1.2', ...(ca !== undefined && { requestCert: true, rejectUnauthorized: false }) };
}

function contentOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError('CALUMMA_OPTION', `startSidecar({ tls: { ${name} } }): expected a file that can be read, found ${(error as NodeJS.ErrnoException).code ?? 'none'}`, { origin: path });
  }
}
