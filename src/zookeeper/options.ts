import { argumentError } from './errors.js';
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
  check(typeof options === 'object' && (options as unknown) !== null, 'expected an object with connect: "host:port,…"');
  const stranger = Object.keys(options).find((key) => !(known as readonly string[]).includes(key));
  check(stranger === undefined, `expected ${known.join(', ')}, found ${JSON.stringify(stranger)}`);
  check(typeof options.connect === 'string' && options.connect !== '', 'expected connect as a string: "zk1:2181,zk2:2181/app"');
  const { servers, chroot: outer } = parseConnect(options.connect);
  const { chroot = '/', sessionTimeoutMs = 6_000, maxRequestBytes = 0xf_ffff, maxReplyBytes = 64 * 1024 * 1024, whileSuspended = 'wait', auth = [], tls = false } = options;
  const problem = pathProblem(chroot);
  check(problem === undefined, `chroot: ${problem ?? ''}`);
  checkNumber('sessionTimeoutMs', sessionTimeoutMs);
  checkNumber('maxRequestBytes', maxRequestBytes);
  checkNumber('maxReplyBytes', maxReplyBytes);
  check(['wait', 'fail'].includes(whileSuspended), 'expected whileSuspended to be "wait" or "fail"');
  check(Array.isArray(auth), 'expected auth as a list of { scheme, auth }');
  for (const one of auth as readonly Auth[]) checkAuth(one);
  check(typeof tls === 'boolean' || (typeof tls === 'object' && (tls as unknown) !== null), 'expected tls to be true, false or an object');
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
export function checkAuth(auth: Auth): void {
  const { scheme, auth: secret } = auth as Partial<Auth>;
  check(typeof scheme === 'string' && scheme !== '', 'expected auth with a scheme, such as "digest"');
  check(typeof secret === 'string' || secret instanceof Uint8Array, 'expected auth as a string or bytes, such as "user:password"');
}

function flag(name: string, value: unknown): boolean {
  check(value === undefined || typeof value === 'boolean', `expected ${name} to be true or false`);
  return value === true;
}

function checkNumber(name: string, value: unknown): void {
  check(typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= largestInt, `expected ${name} as a whole number from 1 to ${largestInt}, found ${String(value)}`);
}

function check(right: boolean, problem: string): asserts right {
  if (!right) throw argumentError('ZooKeeperClient', problem);
}
