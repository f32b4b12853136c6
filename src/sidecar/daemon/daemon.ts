import { isDeepStrictEqual } from 'node:util';

import { ConfigError } from '../../index.js';
import { type Sidecar, startSidecar } from '../index.js';
import { Outputs } from '../outputs/outputs.js';
import { type Cascades, closeAll, openCascades, pathOf, reopen } from './cascades.js';
import type { Log } from './log.js';
import { type PlaceFlags, placesOf, socketFor } from './places.js';
import { sayOutput } from './sayings.js';
import { untilWorthy } from './takeover.js';

export interface DaemonOptions extends PlaceFlags {
  /** Path of a `calumma.yaml`. Default: `$CALUMMA_CONFIG`, else `./calumma.yaml`, else the standard layers. */
  readonly config?: string;
  /** The file of tokens. Default: what the description says. */
  readonly tokens?: string;
  readonly log: Log;
  readonly env?: NodeJS.ProcessEnv;
  /** ms that the layers of a description that was read again may take to answer. Default 10,000. */
  readonly takeoverMs?: number;
}

/** ms that clients and commands have to come to an end. */
const drainMs = 5_000;

/**
 * Starts what `calumma sidecar` is: the cascades of a description, the server, the outputs. What the disk cache remembers is served at once.
 *
 * @throws ConfigError for what is wrong with the description, and where it cannot listen; then nothing is open
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { env = process.env, log } = options;
  const cascades = openCascades(pathOf(options.config, env), log);
  const outputs = new Outputs((event) => sayOutput(event, log));
  const state: State = { cascades, loadedAt: new Date(), error: undefined };
  try {
    const sidecar = await listen(options, env, state, outputs);
    const daemon = new Daemon(sidecar, outputs, state, options);
    await outputs.reload(cascades.description?.outputs ?? [], cascades.configs);
    return daemon;
  } catch (error) {
    await closeAll(cascades.configs);
    throw error;
  }
}

/** What `/v1/status` tells of, which changes with each reload. */
interface State {
  cascades: Cascades;
  loadedAt: Date;
  error: string | undefined;
}

async function listen(options: DaemonOptions, env: NodeJS.ProcessEnv, state: State, outputs: Outputs): Promise<Sidecar> {
  const { configs, description } = state.cascades;
  const spec = description?.sidecar ?? {};
  const places = placesOf(options, spec, env);
  const tokenFile = options.tokens ?? spec.tokens;
  const socketPath = await socketFor(places);
  if (socketPath !== places.socketPath) options.log({ event: 'no-socket', level: 'warn', socket: places.socketPath }, `not listening at ${places.socketPath ?? ''}: another sidecar does, or its folder cannot be made`);
  return startSidecar({
    configs,
    listen: places.listen,
    ...(socketPath !== undefined && { socketPath }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(spec.tls && { tls: spec.tls }),
    ...(spec.hosts && { hosts: spec.hosts }),
    onError: ({ message, code }) => options.log({ event: 'error', level: 'error', code }, `${message} (${code})`),
    about: () => ({ description: aboutDescription(state), outputs: outputs.status }),
  });
}

function aboutDescription({ cascades: { path }, loadedAt, error }: State): object | null {
  return path === undefined ? null : { path, loadedAt, ...(error !== undefined && { error }) };
}

/** A sidecar with its description and its outputs. */
export class Daemon {
  readonly sidecar: Sidecar;
  readonly #outputs: Outputs;
  readonly #state: State;
  readonly #options: DaemonOptions;
  readonly #stopping = new AbortController();
  #reloading: Promise<void> = Promise.resolve();

  constructor(sidecar: Sidecar, outputs: Outputs, state: State, options: DaemonOptions) {
    this.sidecar = sidecar;
    this.#outputs = outputs;
    this.#state = state;
    this.#options = options;
    this.#sayStart();
  }

  /**
   * Reads the description again and serves what it says from now on, without cutting anybody off. When anything is wrong with it, that is
   * said, here and in `/v1/status`, and what was served goes on being served. Never rejects.
   */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  /** Answers who waits, ends the streams, writes the outputs, closes the configs: within some seconds. */
  async close(): Promise<void> {
    this.#options.log({ event: 'stopping' }, 'stopping');
    this.#stopping.abort();
    await this.#reloading;
    await Promise.all([this.sidecar.close({ drainMs }), this.#outputs.close(AbortSignal.timeout(drainMs))]);
    await closeAll(this.#state.cascades.configs);
    this.#options.log({ event: 'stopped' }, 'stopped');
  }

  async #reload(): Promise<void> {
    if (this.#isStopping()) return;
    try {
      await this.#takeOver();
      this.#state.error = undefined;
      this.#state.loadedAt = new Date();
    } catch (error) {
      if (this.#isStopping()) return;
      const { message, code } = error instanceof ConfigError ? error : { message: String(error), code: 'CALUMMA_DESCRIPTION' };
      this.#state.error = message;
      this.#options.log({ event: 'reload-failed', level: 'error', code }, `${message}\nnot reloaded: what was served before goes on being served (${code})`);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #takeOver(): Promise<void> {
    const { log, config, env = process.env, takeoverMs = 10_000 } = this.#options;
    const before = this.#state.cascades;
    const path = pathOf(config, env) ?? before.path;
    if (path === undefined) return this.#refresh();
    const { cascades, made } = reopen(before, path, log);
    try {
      await untilWorthy(made, before.configs, takeoverMs, this.#stopping.signal);
    } catch (error) {
      await closeAll(made);
      throw error;
    }
    this.#state.cascades = cascades;
    this.sidecar.reload(cascades.configs);
    await this.#outputs.reload(cascades.description?.outputs ?? [], cascades.configs);
    const gone = Object.entries(before.configs).filter(([name, one]) => cascades.configs[name] !== one);
    await closeAll(Object.fromEntries(gone));
    this.#sayReload(before, Object.keys(made));
  }

  /** The standard layers are what they are; they can be read again. */
  async #refresh(): Promise<void> {
    await Promise.all(Object.values(this.#state.cascades.configs).map((config) => config.refresh()));
    this.#options.log({ event: 'reloaded', made: [], removed: [] }, 'read again: the standard layers');
  }

  #sayStart(): void {
    const { path, configs } = this.#state.cascades;
    const { url, socketPath } = this.sidecar;
    const names = Object.keys(configs);
    const at = [url, socketPath].filter((place) => place !== undefined).join(' and ');
    this.#options.log({ event: 'started', url, socketPath, path, configs: names, pid: process.pid }, `serving ${names.join(', ')} of ${path ?? 'the standard layers'} at ${at}`);
  }

  #sayReload(before: Cascades, made: readonly string[]): void {
    const { path, configs, description } = this.#state.cascades;
    const removed = Object.keys(before.configs).filter((name) => configs[name] === undefined);
    const news = [...(made.length > 0 ? [`made anew: ${made.join(', ')}`] : []), ...(removed.length > 0 ? [`removed: ${removed.join(', ')}`] : [])];
    this.#options.log({ event: 'reloaded', path, made, removed }, `reloaded ${path ?? ''}, ${news.length > 0 ? news.join('; ') : 'every config is as it was'}`);
    if (isDeepStrictEqual(before.description?.sidecar ?? {}, description?.sidecar ?? {})) return;
    this.#options.log({ event: 'restart-needed', level: 'warn' }, 'the section "sidecar:" has changed: where it listens changes with the next start');
  }
}
