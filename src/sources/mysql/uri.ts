import { reasonOf } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { hasStrayUserinfo, quote } from '../../core/redact.js';
import type { Address } from './own-link.js';

const what = 'mysql({ uri })';
const form = 'mysql://user:password@host:3306/database';

/**
 * `mysql://user:password@host:3306/database?ssl={"ca":"…"}&socketPath=/run/mysqld/mysqld.sock`. Nothing of it is shown: half of a
 * URI that does not parse may be a password.
 *
 * @throws ConfigError CALUMMA_OPTION
 */
export function addressOf(uri: string): Address {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !/^(mysql|mariadb):$/.test(url.protocol) || hasStrayUserinfo(url)) {
    throw new ConfigError('CALUMMA_OPTION', `${what}: expected ${form}, found another text (characters such as @ and / in a password are written as %40 and %2F)`);
  }
  return {
    ...partsOf(url),
    ...parametersOf(url.searchParams),
  };
}

function partsOf(url: URL): Address {
  const host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const user = decoded(url.username);
  const password = decoded(url.password);
  const database = decoded(url.pathname.slice(1));
  return {
    ...(host !== '' && { host }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(user !== '' && { user }),
    ...(password !== '' && { password }),
    ...(database !== '' && { database }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConfigError('CALUMMA_OPTION', `${what}: expected ${form}, found a % that is no escape: a % itself is written as %25`);
  }
}

// One that was dropped in silence might have been the one that asks for TLS.
function parametersOf(parameters: URLSearchParams): Address {
  let address: Address = {};
  for (const [name, value] of parameters) {
    if (name === 'socketPath') address = { ...address, socketPath: value };
    else if (name === 'ssl') address = { ...address, ssl: sslOf(value) };
    else throw new ConfigError('CALUMMA_OPTION', `${what}: expected no other parameters than ssl and socketPath, found ${quote(name)}: leave it out`);
  }
  return address;
}

/** The name of a profile of the client, or options as JSON. */
function sslOf(value: string): string | object {
  if (!/^[{t]/.test(value)) return value;
  try {
    const ssl: unknown = JSON.parse(value);
    if (ssl === true) return {};
    if (typeof ssl === 'object' && ssl !== null) return ssl;
  } catch (error) {
    throw new ConfigError('CALUMMA_OPTION', `${what}: ssl: expected true or an object as JSON, found that ${reasonOf(error)}`);
  }
  throw new ConfigError('CALUMMA_OPTION', `${what}: ssl: expected true or an object as JSON, found another text`);
}
