import { argumentError } from './errors.js';
import { pathProblem } from './paths.js';

export interface Server {
  readonly host: string;
  readonly port: number;
}

export interface ConnectString {
  readonly servers: readonly Server[];
  /** `/` for none. */
  readonly chroot: string;
}

const defaultPort = 2181;

/**
 * `zk1:2181,zk2,[::1]:2183/app`: servers, and where in the tree to be at home.
 *
 * @throws ZooKeeperError `BADARGUMENTS`
 */
export function parseConnect(connect: string): ConnectString {
  const text = connect.trim();
  const slash = text.indexOf('/');
  const words = (slash < 0 ? text : text.slice(0, slash)).split(',').map((word) => word.trim());
  // Before the chroot is looked at: of "zk://user:password@host" it would show the password.
  const servers = words.map(serverOf);
  const chroot = slash < 0 ? '/' : text.slice(slash);
  const problem = chrootProblem(chroot);
  if (problem !== undefined) throw argumentError('connect', `after the servers: ${problem}`);
  return { servers, chroot };
}

function chrootProblem(chroot: string): string | undefined {
  // A node may be called so; who writes it means that each server has its own, and would get none of them.
  if (/,[^/,]*:\d+(?:[/,]|$)/.test(chroot)) return 'expected one chroot behind the last server, found more servers behind it';
  return pathProblem(chroot);
}

function serverOf(word: string): Server {
  const [, bracketed, plain, port = String(defaultPort)] = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]@]+))(?::(\d{1,5}))?$/.exec(word) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw argumentError('connect', 'expected servers as host:port, with commas between them ("zk1:2181,zk2:2181/app"), found something else');
  }
  return { host, port: Number(port) };
}

export function nameOf({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The servers in an order of this client's own, so that many clients spread over them; then round and round. */
export class ServerList {
  readonly #servers: Server[];
  #at = -1;
  #preferred: Server | undefined;

  constructor(servers: readonly Server[], random: () => number) {
    this.#servers = shuffled(servers, random);
  }

  get size(): number {
    return this.#servers.length;
  }

  next(): Server {
    const preferred = this.#preferred;
    this.#preferred = undefined;
    this.#at = preferred === undefined ? (this.#at + 1) % this.#servers.length : this.#servers.indexOf(preferred);
    return this.#servers[this.#at]!; // eslint-disable-line @typescript-eslint/no-non-null-assertion -- an index of this list, which has at least one
  }

  /** Makes this one the next. */
  prefer(server: Server): void {
    this.#preferred = server;
  }

  /** Those that are not this one, in the order in which they would come. */
  others(than: Server): readonly Server[] {
    const from = this.#servers.indexOf(than) + 1;
    return [...this.#servers.slice(from), ...this.#servers.slice(0, Math.max(from - 1, 0))];
  }
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const keyed = values.map((value) => ({ value, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}
