import { createSecureContext } from 'node:tls';

import { argumentError } from './errors.js';
import { kindOf } from './inputs.js';
import type { Auth, ChannelOptions } from './channel.js';
import type { ZooKeeperTls } from './connection.js';
import { Chroot, pathProblem } from './paths.js';
import { parseConnect } from './servers.js';
import { systemClock, type Clock } from './timing.js';

export interface ZooKeeperOptions {
  /** Servers, and behind them the node that is to be `/`: `zk1:2181,zk2:2181,zk3:2181/app`. The port may be left out: 2181. */
  readonly connect: string;
  /** Another way to write the chroot; below the one in `connect`. Default `/`. */
  readonly chroot?: string;
  /**
   * How long the session outlives its connection, in milliseconds. The server may grant another time. A hung server is noticed
   * after two thirds of it. Default 6,000.
   */
  readonly sessionTimeoutMs?: number;
  /** Who to be besides anyone. Default nobody. More with `addAuth`. */
  readonly auth?: readonly Auth[];
  /** Encrypts; `true` trusts what Node trusts. Default false. */
  readonly tls?: boolean | ZooKeeperTls;
  /**
   * Whether a server without a quorum will do, until there is another. It takes nobody who has a session with the others, so
   * one that it has is lost first. Default false.
   */
  readonly readOnly?: boolean;
  /** What a request does while there is no connection: wait for one, or fail with `CONNECTIONLOSS`. Default `wait`. */
  readonly whileSuspended?: 'wait' | 'fail';
  /** The largest request that is sent, in bytes: what the servers have as `jute.maxbuffer`. Default 1,048,575, as theirs. */
  readonly maxRequestBytes?: number;
  /** The largest reply that is believed, in bytes. Default 64 MiB. */
  readonly maxReplyBytes?: number;
  /** Whether the client alone keeps the process alive. Default false: only requests do that nobody has answered. */
  readonly keepAlive?: boolean;
  /** For tests. Default: the system's. */
  readonly clock?: Clock;
  /** For tests; from 0 up to 1. Default `Math.random`. */
  readonly random?: () => number;
}

const known: readonly (keyof ZooKeeperOptions)[] = [
  'connect', 'chroot', 'sessionTimeoutMs', 'auth', 'tls', 'readOnly', 'whileSuspended', 'maxRequestBytes', 'maxReplyBytes', 'keepAlive', 'clock', 'random',
];

const largestInt = 0x7fff_ffff;

/** @throws ZooKeeperError `BADARGUMENTS` */
export function settingsOf(options: ZooKeeperOptions): ChannelOptions & { readonly root: Chroot } {
  check(typeof options === 'object' && (options as unknown) !== null, `expected an object with connect: "host:port,…", found ${kindOf(options)}`);
  const stranger = Object.keys(options).find((key) => !(known as readonly string[]).includes(key));
  check(stranger === undefined, `expected ${known.join(', ')}, found ${JSON.stringify(stranger)}`);
  check(typeof options.connect === 'string' && options.connect !== '', `expected connect as a string: "zk1:2181,zk2:2181/app", found ${options.connect === '' ? 'an empty one' : kindOf(options.connect)}`);
  const { servers, chroot: outer } = parseConnect(options.connect);
  const { chroot = '/', sessionTimeoutMs = 6_000, maxRequestBytes = 0xf_ffff, maxReplyBytes = 64 * 1024 * 1024, whileSuspended = 'wait', auth = [], tls = false } = options;
  const problem = pathProblem(chroot);
  check(problem === undefined, `chroot: ${problem ?? ''}`);
  checkNumber('sessionTimeoutMs', sessionTimeoutMs);
  checkNumber('maxRequestBytes', maxRequestBytes);
  checkNumber('maxReplyBytes', maxReplyBytes);
  check(['wait', 'fail'].includes(whileSuspended), `expected whileSuspended to be "wait" or "fail", found ${JSON.stringify(whileSuspended)}`);
  check(Array.isArray(auth), `expected auth as an array of { scheme, auth }, found ${kindOf(auth)}`);
  for (const one of auth as readonly Auth[]) checkAuth('ZooKeeperClient', one);
  checkTls(tls);
  checkTestOptions(options);
  return {
    servers,
    root: new Chroot(new Chroot(outer).outward(chroot)),
    sessionTimeoutMs,
    maxRequestBytes,
    maxReplyBytes,
    whileSuspended,
    auth,
    tls: tls === false ? undefined : tls === true ? {} : tls,
    readOnly: flag('readOnly', options.readOnly),
    keepAlive: flag('keepAlive', options.keepAlive),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

/** The secret itself is never shown. */
export function checkAuth(operation: string, identity: unknown): void {
  const { scheme, auth } = (identity ?? {}) as Readonly<Partial<Record<keyof Auth, unknown>>>;
  if (typeof scheme !== 'string' || scheme === '') throw argumentError(operation, `expected auth with a scheme, such as "digest", found ${scheme === '' ? 'an empty one' : kindOf(scheme)}`);
  if (typeof auth !== 'string' && !(auth instanceof Uint8Array)) throw argumentError(operation, `expected auth as a string or bytes, such as "user:password", found ${kindOf(auth)}`);
}

/** What is wrong with a key or a certificate shows here, and not in the middle of some reconnect. */
function checkTls(tls: unknown): void {
  check(typeof tls === 'boolean' || (typeof tls === 'object' && tls !== null && !Array.isArray(tls)), `expected tls to be true, false or an object, found ${kindOf(tls)}`);
  if (typeof tls === 'boolean') return;
  const { servername, rejectUnauthorized, checkServerIdentity } = tls as Partial<Record<keyof ZooKeeperTls, unknown>>;
  check(servername === undefined || typeof servername === 'string', `expected tls.servername as a string, found ${kindOf(servername)}`);
  check(rejectUnauthorized === undefined || typeof rejectUnauthorized === 'boolean', `expected tls.rejectUnauthorized to be true or false, found ${kindOf(rejectUnauthorized)}`);
  check(checkServerIdentity === undefined || typeof checkServerIdentity === 'function', `expected tls.checkServerIdentity as a function, found ${kindOf(checkServerIdentity)}`);
  try {
    createSecureContext(tls);
  } catch (error) {
    throw argumentError('ZooKeeperClient', `expected tls with keys and certificates that Node can read, found ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkTestOptions({ clock, random }: Readonly<Partial<Record<keyof ZooKeeperOptions, unknown>>>): void {
  check(clock === undefined || (typeof clock === 'object' && clock !== null && 'now' in clock && 'after' in clock), `expected clock with now and after, found ${kindOf(clock)}`);
  check(random === undefined || typeof random === 'function', `expected random as a function, found ${kindOf(random)}`);
}

function flag(name: string, value: unknown): boolean {
  check(value === undefined || typeof value === 'boolean', `expected ${name} to be true or false, found ${kindOf(value)}`);
  return value === true;
}

function checkNumber(name: string, value: unknown): void {
  check(typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= largestInt, `expected ${name} as a whole number from 1 to ${largestInt}, found ${String(value)}`);
}

function check(right: boolean, problem: string): asserts right {
  if (!right) throw argumentError('ZooKeeperClient', problem);
}
