import { readFile } from 'node:fs/promises';

import { msOf } from '../../core/amounts.js';
import { checkMs, checkOptions, checkString, checkText, optionError, reasonOf } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { Problem } from '../url/problem.js';
import { checkTls, type UrlTls } from '../url/tls.js';
import { anyAddress, httpAddress, socketAddress, usualAddress, type Address } from './address.js';

export interface SidecarSourceOptions {
  /**
   * `http://127.0.0.1:8078`. Either this or `socketPath`. Default: what `CALUMMA_SIDECAR` says, else the socket
   * `$RUNTIME_DIRECTORY/sidecar.sock` or `$XDG_RUNTIME_DIR/calumma/sidecar.sock` if it is there, else `http://127.0.0.1:8078`.
   */
  readonly url?: string | URL;
  /** A Unix socket. */
  readonly socketPath?: string;
  /** Which of the sidecar's configs. Default `default`. */
  readonly config?: string;
  /** Only keys at or below it; they keep their whole names. Default: all. */
  readonly prefix?: string;
  /**
   * A token, or a function that is asked before each connection. It is needed for writing, to see secrets, and for any sidecar on another host.
   * Default: `CALUMMA_TOKEN`, or what stands in the file `CALUMMA_TOKEN_FILE`, where neither `url` nor `socketPath` is given; else none.
   */
  readonly token?: string | ((signal: AbortSignal) => string | Promise<string>);
  /** A file with the token, read before each connection. */
  readonly tokenFile?: string;
  /** Certificates as PEM texts. */
  readonly tls?: UrlTls;
  /**
   * A folder of the sidecar's `outputs` (with `json` or `properties` among its formats): read when there is no sidecar at the start.
   * Default: none, the layer goes on from the config's `cacheDir`.
   */
  readonly snapshotDir?: string;
  /** Which of the sidecar's layers `set` and `delete` write to. Default: the highest that can be written. */
  readonly writeTo?: string;
  /** ms, or a duration: how long the sidecar may be silent when it owes an answer. Default 5_000. */
  readonly timeout?: number | string;
  /** ms, or a duration without a word, not even a heartbeat, after which a connection counts as dead. Default 25_000. */
  readonly silence?: number | string;
  /** The layer's name. Default `sidecar`. */
  readonly name?: string;
}

/** All that is known of a source before it is read. */
export interface SidecarSpec {
  readonly name: string;
  /** Looked for anew with each connection. */
  readonly address: () => Address;
  readonly config: string;
  readonly prefix: string;
  /** @throws Problem */
  readonly token: (signal: AbortSignal) => Promise<string | undefined>;
  readonly tls: UrlTls;
  readonly snapshotDir: string | undefined;
  readonly writeTo: string | undefined;
  readonly timeoutMs: number;
  readonly silenceMs: number;
}

const known: readonly (keyof SidecarSourceOptions)[] = [
  'url', 'socketPath', 'config', 'prefix', 'token', 'tokenFile', 'tls', 'snapshotDir', 'writeTo', 'timeout', 'silence', 'name',
];

/** @throws ConfigError `CALUMMA_OPTION` */
export function specOf(options: SidecarSourceOptions, env: NodeJS.ProcessEnv): SidecarSpec {
  checkOptions('sidecar', options, known);
  const { name = 'sidecar', config = 'default', prefix = '', tls = {}, snapshotDir, writeTo, timeout = 5_000, silence = 25_000 } = options;
  checkText('sidecar({ name })', name);
  checkText('sidecar({ config })', config);
  checkString('sidecar({ prefix })', prefix);
  if (snapshotDir !== undefined) checkText('sidecar({ snapshotDir })', snapshotDir);
  if (writeTo !== undefined) checkText('sidecar({ writeTo })', writeTo);
  checkTls('sidecar', tls);
  return {
    name,
    address: addressOf(options, env),
    config,
    prefix,
    token: tokenOf(options, env),
    tls,
    snapshotDir,
    writeTo,
    timeoutMs: timerMs('sidecar({ timeout })', timeout),
    silenceMs: timerMs('sidecar({ silence })', silence),
  };
}

function timerMs(what: string, value: number | string): number {
  const ms = msOf(value, what);
  checkMs(what, ms);
  return ms;
}

function addressOf({ url, socketPath }: SidecarSourceOptions, env: NodeJS.ProcessEnv): () => Address {
  if (url !== undefined && socketPath !== undefined) throw new ConfigError('CALUMMA_OPTION', 'sidecar(options): expected either url or socketPath, found both');
  const told = url !== undefined ? httpAddress('sidecar({ url })', url) : socketPath !== undefined ? socketAddress('sidecar({ socketPath })', socketPath) : inEnvironment(env);
  return told === undefined ? () => usualAddress(env) : () => told;
}

function inEnvironment({ CALUMMA_SIDECAR }: NodeJS.ProcessEnv): Address | undefined {
  return CALUMMA_SIDECAR === undefined || CALUMMA_SIDECAR === '' ? undefined : anyAddress('CALUMMA_SIDECAR', CALUMMA_SIDECAR);
}

type Token = SidecarSpec['token'];

function tokenOf({ url, socketPath, token, tokenFile }: SidecarSourceOptions, env: NodeJS.ProcessEnv): Token {
  if (token !== undefined && tokenFile !== undefined) throw new ConfigError('CALUMMA_OPTION', 'sidecar(options): expected either token or tokenFile, found both');
  if (token !== undefined) return givenToken(token);
  if (tokenFile !== undefined) return tokenIn('sidecar({ tokenFile })', tokenFile);
  // What the environment knows belongs to the sidecar that the environment names, and to no other.
  if (url !== undefined || socketPath !== undefined) return () => Promise.resolve(undefined);
  if (env.CALUMMA_TOKEN) return givenToken(env.CALUMMA_TOKEN, 'CALUMMA_TOKEN');
  return env.CALUMMA_TOKEN_FILE ? tokenIn('CALUMMA_TOKEN_FILE', env.CALUMMA_TOKEN_FILE) : () => Promise.resolve(undefined);
}

function givenToken(token: unknown, what = 'sidecar({ token })'): Token {
  if (typeof token === 'function') return (signal) => asked(token as (signal: AbortSignal) => unknown, signal);
  const checked = checkedToken(what, token);
  return () => Promise.resolve(checked);
}

async function asked(token: (signal: AbortSignal) => unknown, signal: AbortSignal): Promise<string> {
  try {
    return checkedToken('what the function "token" gives', await token(signal));
  } catch (cause) {
    throw new Problem(cause instanceof ConfigError ? cause.message : `expected the function "token" to give the token, found that it failed: ${reasonOf(cause)}`, { cause });
  }
}

function tokenIn(what: string, file: unknown): Token {
  checkText(what, file);
  return async () => {
    try {
      return checkedToken(`${what}: the text in ${file}`, (await readFile(file, 'utf8')).trim());
    } catch (cause) {
      throw new Problem(cause instanceof ConfigError ? cause.message : `expected a token in ${file}, found a file that cannot be read: ${reasonOf(cause)}`, { cause });
    }
  };
}

/** What is wrong with it is shown, never the token. */
function checkedToken(what: string, token: unknown): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  throw optionError(what, 'a token: characters of ASCII without spaces', token);
}
