import { type Config, ConfigError } from '../index.js';
import type { SidecarTls } from './door/tls.js';
import { builtPage } from './routes/page.js';

/** Where the sidecar listens. */
export interface SidecarAddress {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 8078, as Prana's. 0: any that is free. */
  readonly port?: number;
}

/** What a sidecar puts up with. */
export interface SidecarLimits {
  /** Bytes of a request body. Default 1 MiB. */
  readonly bodyBytes?: number;
  /** Bytes of the headers of a request. Default 16 KiB. */
  readonly headerBytes?: number;
  /** Headers of a request. Default 100. */
  readonly headers?: number;
  /** Connections at a time. Default 12,000. */
  readonly connections?: number;
  /** Clients that watch or wait at a time. Default 11,000. */
  readonly clients?: number;
  /** ms until the headers of a request are there, and before them until TLS is agreed on. Default 10,000. */
  readonly headersMs?: number;
  /** ms until all of a request is there. Default 30,000. */
  readonly requestMs?: number;
  /** ms that a client of the event stream may take nothing of what waits for it. Default 30,000. */
  readonly stuckMs?: number;
  /** Bytes of answers and messages that clients may leave waiting together, each that goes to many counted once; those who are at it longest are cut off. Default 64 MiB. */
  readonly underwayBytes?: number;
  /** Wrong tokens from one address within `wrongTokensMs`; more are not looked at (429). Default 10. */
  readonly wrongTokens?: number;
  /** ms. Default 60,000. */
  readonly wrongTokensMs?: number;
  /** Commits of a namespace that are kept, to resume from. Default 1,000. */
  readonly ring?: number;
  /** Bytes that these may take. Default 10 MiB. */
  readonly ringBytes?: number;
}

export interface SidecarOptions {
  /** The namespaces; `default` is the usual one. The sidecar does not close them. */
  readonly configs: Readonly<Record<string, Config>>;
  /** Default `{ host: '127.0.0.1', port: 8078 }`; `false`: no TCP. */
  readonly listen?: SidecarAddress | false;
  /** Path of a Unix socket to listen at too, made with mode 0660. */
  readonly socketPath?: string;
  readonly limits?: SidecarLimits;
  /** ms between two heartbeats of an event stream. Default 5,000: by each a layer knows that it is fresh, and its deadline is 10,000. */
  readonly heartbeatMs?: number;
  /** Where the files of the page are. Default: `dist/page` of this package. */
  readonly pageDir?: string;
  /**
   * File of tokens, read again when it changes: `<token> [name=ann] [read|write] [reveal]` a line. Needed to write, to see secrets, and for
   * everything from other hosts. Default: none.
   */
  readonly tokenFile?: string;
  /** Serve by TLS at the TCP address. Default: plain HTTP. */
  readonly tls?: SidecarTls;
  /** Names that this host is called by in requests (`Host`), besides `localhost`, its addresses, `listen.host` and its own name. Default: none. */
  readonly hosts?: readonly string[];
  /** Gets what is wrong with the file of tokens while it runs. Default: a process warning. */
  readonly onError?: (problem: ConfigError) => unknown;
  /** What `/v1/status` says besides, asked each time. Default: nothing. */
  readonly about?: () => Readonly<Record<string, unknown>>;
}

export type Limits = Required<SidecarLimits>;

export interface Settings {
  readonly listen: Required<SidecarAddress> | undefined;
  readonly socketPath: string | undefined;
  readonly limits: Limits;
  readonly heartbeatMs: number;
  readonly pageDir: string;
  readonly tokenFile: string | undefined;
  readonly tls: SidecarTls | undefined;
  readonly hosts: readonly string[];
  readonly onError: (problem: ConfigError) => unknown;
  readonly about: () => Readonly<Record<string, unknown>>;
}

const defaults: Limits = {
  bodyBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  headers: 100,
  connections: 12_000,
  clients: 11_000,
  headersMs: 10_000,
  requestMs: 30_000,
  stuckMs: 30_000,
  underwayBytes: 64 * 1024 * 1024,
  wrongTokens: 10,
  wrongTokensMs: 60_000,
  ring: 1_000,
  ringBytes: 10 * 1024 * 1024,
};

/** @throws ConfigError CALUMMA_OPTION */
export function settingsOf(options: SidecarOptions): Settings {
  const { listen = {}, socketPath, limits = {}, heartbeatMs = 5_000, pageDir = builtPage(), about = () => ({}), tokenFile, tls, hosts = [] } = options;
  const { onError = (problem: ConfigError) => process.emitWarning(problem) } = options;
  if (listen === false && socketPath === undefined) throw wrong('listen', 'an address, or a socketPath where it is false', 'neither');
  expectConfigs(options.configs);
  for (const [name, value] of Object.entries({ ...limits, heartbeatMs })) {
    if (typeof value !== 'number' || !(value > 0)) throw wrong(name, 'a number above 0', String(value));
  }
  const port = listen === false ? 0 : (listen.port ?? 8078);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong('listen.port', 'a whole number from 0 to 65535', String(port));
  return {
    listen: listen === false ? undefined : { host: listen.host ?? '127.0.0.1', port },
    socketPath,
    limits: { ...defaults, ...limits },
    heartbeatMs,
    pageDir,
    about,
    tokenFile,
    tls,
    hosts,
    onError,
  };
}

/** @throws ConfigError CALUMMA_OPTION */
export function expectConfigs(configs: SidecarOptions['configs']): void {
  if (Object.keys(configs).length === 0) throw wrong('configs', 'at least one config', 'none');
}

function wrong(option: string, expected: string, found: string): ConfigError {
  return new ConfigError('CALUMMA_OPTION', `startSidecar({ ${option} }): expected ${expected}, found ${found}`);
}
