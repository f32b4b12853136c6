import type { ConfigError } from '../../core/errors.js';
import { SourceError } from '../../core/errors.js';
import { causeOf, kindOf, reasonOf } from '../../core/check.js';
import { withinMs } from '../deadline.js';
import type { TablePlan } from '../table/plan.js';
import type { MysqlCorePool } from './client.js';
import { MysqlConnection } from './connection.js';
import type { Place } from './errors.js';
import { OwnLinks, PooledLinks } from './links.js';
import type { Settings, Target } from './options.js';
import { openLink, type Address } from './own-link.js';

export interface ConnectOptions {
  /** Whether the process stays alive for what is asked. */
  readonly holds: boolean;
  readonly signal?: AbortSignal;
  /** Told when the connection breaks while nothing is asked. */
  readonly lost?: (error: ConfigError) => void;
}

/** @throws SourceError */
export type Connect = (options: ConnectOptions) => Promise<MysqlConnection>;

/** Opens connections by what the options say. */
export function connector({ name, target, timeout, rhythm }: Settings, plan: TablePlan): Connect {
  const place: Place = { what: name, ...partyOf(target), table: plan.query === undefined ? plan.table : undefined, timeout };
  if (target.kind === 'pool') return ({ holds }) => Promise.resolve(new MysqlConnection(new PooledLinks(target.pool, place, holds)));
  return async ({ holds, signal, lost }) => {
    const address = await withPassword(target, place);
    return new MysqlConnection(new OwnLinks(await openLink({ address, place, idleMs: rhythm.everyMs, holds, signal, lost })));
  };
}

async function withPassword({ address, password }: Target & { kind: 'address' }, place: Place): Promise<Address> {
  if (typeof password !== 'function') return password === undefined ? address : { ...address, password };
  return { ...address, password: await asked(password, place) };
}

async function asked(password: () => string | Promise<string>, { what, timeout }: Place): Promise<string> {
  let given: unknown;
  try {
    given = await withinMs(timeout, `${what}: the function of mysql({ password })`, Promise.resolve().then(password));
  } catch (thrown) {
    if (thrown instanceof SourceError) throw thrown;
    throw new SourceError(`${what}: expected mysql({ password }) to give a password, found that it failed (${reasonOf(thrown)})`, { cause: causeOf(thrown) });
  }
  if (typeof given === 'string') return given;
  throw new SourceError(`${what}: expected mysql({ password }) to give a text, found ${kindOf(given)}`);
}

type Party = Pick<Place, 'server' | 'user' | 'hasPassword'>;

function partyOf(target: Target): Party {
  if (target.kind === 'pool') return poolParty(target.pool);
  return { server: serverOf(target.address), user: target.address.user, hasPassword: target.password !== undefined && target.password !== '' };
}

function poolParty({ config }: MysqlCorePool): Party {
  const address = config?.connectionConfig ?? {};
  return { server: serverOf(address), user: address.user, hasPassword: true };
}

function serverOf({ host = 'localhost', port = 3306, socketPath, database }: Address): string {
  const place = socketPath ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return database === undefined ? place : `${place}/${database}`;
}
