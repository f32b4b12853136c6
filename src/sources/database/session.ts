import { ConfigError, SourceError } from '../../core/errors.js';
import { causeOf, reasonOf } from '../../core/check.js';
import type { FullReading, PatchReading, Reading } from '../../core/model.js';
import { withoutUserinfo } from '../../core/redact.js';
import { withinMs } from '../deadline.js';
import type { StoreSession } from '../store/follow.js';
import { walk } from '../turns.js';
import type { DatabaseLoad } from './database.js';
import { Gathering, isReading } from './gather.js';
import { unlessAborted } from './leave.js';

export interface Loading {
  readonly name: string;
  readonly load: DatabaseLoad;
  /** ms for one load. */
  readonly timeout: number;
  readonly maxBytes: number;
}

/** What `load` gives, told as changes against what it gave before. */
export class LoadedSession implements StoreSession {
  readonly #loading: Loading;
  readonly #close: () => void;
  readonly #abort = new AbortController();
  /** What `load` gave last, to be given back by it unchanged. */
  #previous: Reading | undefined;
  #known: ReadonlyMap<string, string> = new Map();

  constructor(loading: Loading, close: () => void) {
    this.#loading = loading;
    this.#close = close;
  }

  async load(): Promise<FullReading> {
    const loaded = await this.#loaded();
    if (loaded.kind === 'full') return this.#accept(loaded);
    throw new ConfigError('CALUMMA_READING', `${this.#loading.name}: load(): expected everything at first, found a patch`);
  }

  async changes(): Promise<Reading | undefined> {
    const previous = this.#previous;
    const loaded = await this.#loaded();
    if (loaded === previous) return undefined;
    const before = this.#known;
    const { version, locate, writtenAt } = loaded;
    const patch = loaded.kind === 'full' ? await difference(before, this.#accept(loaded).entries) : await this.#patched(loaded);
    if (patch.set.size === 0 && patch.remove.size === 0) return undefined;
    return { kind: 'patch', ...patch, ...(version !== undefined && { version }), ...(locate && { locate }), ...(writtenAt !== undefined && { writtenAt }) };
  }

  reconcile(): Promise<Reading | undefined> {
    return this.changes();
  }

  close(): void {
    this.#abort.abort();
    this.#close();
  }

  #accept(loaded: FullReading): FullReading {
    this.#previous = loaded;
    this.#known = loaded.entries;
    return loaded;
  }

  async #patched(loaded: PatchReading): Promise<Difference> {
    const known = new Map(this.#known);
    for (const key of loaded.remove) known.delete(key);
    for (const [key, value] of loaded.set) known.set(key, value);
    const patch = await difference(this.#known, known);
    this.#known = known;
    this.#previous = loaded;
    return patch;
  }

  async #loaded(): Promise<Reading> {
    const { name, timeout } = this.#loading;
    const deadline = new AbortController();
    // By hand: what AbortSignal.any makes of a signal that lives long is never let go of.
    const leave = (): void => deadline.abort();
    if (this.#abort.signal.aborted) leave();
    this.#abort.signal.addEventListener('abort', leave);
    try {
      const reading = await withinMs(timeout, `${name}: load()`, unlessAborted(this.#abort.signal, this.#gathered(deadline.signal)));
      if (reading !== undefined) return reading;
      throw new SourceError(`${name}: load(): nobody waits for it any more`);
    } catch (thrown) {
      throw problemOf(name, 'load()', thrown);
    } finally {
      this.#abort.signal.removeEventListener('abort', leave);
      deadline.abort(); // a load that was given up shall stop
    }
  }

  async #gathered(signal: AbortSignal): Promise<Reading> {
    const { name, load, maxBytes } = this.#loading;
    const loaded: unknown = await load(signal, this.#previous);
    if (loaded === this.#previous && this.#previous !== undefined) return this.#previous;
    const gathering = new Gathering(`${name}: load()`, maxBytes);
    if (!isReading(loaded)) return this.#located({ kind: 'full', entries: await gathering.entries(loaded, signal) });
    if (loaded.kind === 'patch') return { ...this.#located(loaded), set: await gathering.entries(loaded.set, signal) };
    return this.#located({ ...loaded, entries: await gathering.entries(loaded.entries, signal) });
  }

  /** Unless it says where its keys stand, they stand under its name. */
  #located<T extends Reading>(reading: T): T {
    const { name } = this.#loading;
    return { locate: (key: string) => `${name}:${key}`, ...reading };
  }
}

/** What the user's function threw, as an error of the source. */
export function problemOf(name: string, call: string, thrown: unknown): ConfigError {
  if (thrown instanceof ConfigError) return thrown;
  return new SourceError(`${name}: expected ${call} to succeed, found that it failed (${withoutUserinfo(reasonOf(thrown))})`, { cause: causeOf(thrown) });
}

type Difference = Pick<PatchReading, 'set' | 'remove'>;

/** As `diff` of the core, with turns for others in between. */
async function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Promise<Difference> {
  const set = new Map<string, string>();
  const remove = new Set<string>();
  await walk(after, ([key, value]) => {
    if (before.get(key) !== value) set.set(key, value);
  });
  await walk(before, ([key]) => {
    if (!after.has(key)) remove.add(key);
  });
  return { set, remove };
}
