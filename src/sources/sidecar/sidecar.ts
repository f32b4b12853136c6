import { type Reading, type Source, type SourceHost, standaloneHost } from '../../core/model.js';
import type { HistoryEntry, Writable, WriteEntries, WriteOptions, Written } from '../../core/writable.js';
import { specOf, type SidecarSourceOptions, type SidecarSpec } from './options.js';
import type { Memento } from './memento.js';

export type { SidecarSourceOptions } from './options.js';

/**
 * One config of a sidecar: the cascade is worked out once for all that runs on a host, and each of them follows it.
 *
 * **Changes** are pushed (server-sent events); where something on the way lets no stream through, the sidecar is asked and answers when there is
 * news (long poll). **When the sidecar goes away** nothing changes: the layer keeps what it holds, turns `stale`, and knocks again; a
 * sidecar on this host is found again within 2 s. It is told what is held, so that only what has changed comes over. **A start without
 * it** goes on from the config's `cacheDir`, else from what the sidecar has written to `snapshotDir`, else from the layers below. A
 * sidecar that is out of touch with its own sources makes the layer `stale` too.
 *
 * Secrets whose values the sidecar does not show (the token has no `reveal`) are left out, which is said once.
 *
 * **Writes** go to a layer of the sidecar (`writeTo`), and need a token. `expectedVersion` is what a write or the history has told.
 *
 * Values come with their `${…}` filled in. Origins read `sidecar:http://127.0.0.1:8078/default/gateway.limit`.
 *
 * @throws ConfigError `CALUMMA_OPTION`. Its readings throw a SourceError when the sidecar does not answer
 * @example const host = sidecar({ socketPath: '/run/calumma/sidecar.sock', prefix: 'gateway' });
 */
export function sidecar(options: SidecarSourceOptions = {}): Source & Writable {
  return sidecarIn(options, process.env);
}

/** The same, with the environment that gives its defaults. */
export function sidecarIn(options: SidecarSourceOptions, env: NodeJS.ProcessEnv): Source & Writable {
  return new Sidecar(specOf(options, env));
}

class Sidecar implements Source, Writable {
  readonly name: string;
  readonly #spec: SidecarSpec;
  readonly #mementos = new WeakMap<SourceHost, Memento>();

  constructor(spec: SidecarSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  async *readings(signal: AbortSignal, host = standaloneHost): AsyncGenerator<Reading> {
    // Loaded here: who has no sidecar pays nothing for HTTP and the parser.
    const { followSidecar } = await import('./follow.js');
    yield* followSidecar(this.#spec, this.#mementoOf(host), signal, host);
  }

  async set(entries: WriteEntries, options: WriteOptions): Promise<Written> {
    const { set } = await import('./write.js');
    return set(this.#spec, entries, options);
  }

  async delete(keys: string | Iterable<string>, options: WriteOptions): Promise<Written> {
    const { remove } = await import('./write.js');
    return remove(this.#spec, keys, options);
  }

  async history(key?: string, limit?: number): Promise<HistoryEntry[]> {
    const { history } = await import('./write.js');
    return history(this.#spec, key, limit);
  }

  /** What a reader remembers between two connections; who reads alone remembers nothing. */
  #mementoOf(host: SourceHost): Memento {
    if (host === standaloneHost) return { masked: new Set() };
    const known = this.#mementos.get(host) ?? { masked: new Set() };
    this.#mementos.set(host, known);
    return known;
  }
}
