import { reasonOf } from '../../core/check.js';
import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { ZooKeeperError, type ZooKeeperCode } from '../../zookeeper/index.js';

interface Advice {
  readonly expected: string;
  readonly advice: string;
}

const advices: Partial<Record<ZooKeeperCode, Advice>> = {
  NOAUTH: { expected: 'the right to do this', advice: 'let the ACL of the node permit it, or give `auth`' },
  AUTHFAILED: { expected: 'to be let in', advice: 'check the scheme and the secret in `auth`' },
  SESSIONCLOSEDREQUIRESASLAUTH: { expected: 'a server that takes clients without SASL', advice: 'SASL is not supported: use digest or TLS certificates' },
  NOTREADONLY: { expected: 'a server with a quorum', advice: 'it is asked again' },
  CLOSED: { expected: 'an open client', advice: 'the client that was handed in was closed' },
  NOCHILDRENFOREPHEMERALS: { expected: 'a node that can have children', advice: 'delete the ephemeral node, or choose another key' },
};

/** What the client throws, as an error that says what to do. */
export function zookeeperError(what: string, thrown: unknown): ConfigError {
  if (thrown instanceof ConfigError) return thrown;
  const said = quote(reasonOf(thrown));
  if (!(thrown instanceof ZooKeeperError)) return new SourceError(`${what}: expected an answer of ZooKeeper, found ${said}`, { cause: thrown });
  if (thrown.code === 'QUOTAEXCEEDED' && thrown.message.startsWith('tree ')) return new ConfigError('CALUMMA_TOO_LARGE', `${what}: ${thrown.message}`, { cause: thrown });
  const found = advices[thrown.code];
  if (found === undefined) return new SourceError(`${what}: expected an answer of ZooKeeper, found ${said}`, { cause: thrown });
  return new SourceError(`${what}: expected ${found.expected}, found ${said}: ${found.advice}`, { cause: thrown });
}
