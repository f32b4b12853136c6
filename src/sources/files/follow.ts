import { setImmediate as nextTurn } from 'node:timers/promises';

import { ConfigError, SourceError } from '../../core/errors.js';
import { standaloneHost, type Context, type Reading, type Source, type SourceHost } from '../../core/model.js';
import { runPaced, runToEnd } from '../../core/slices.js';
import { aborted } from '../abort.js';
import type { FileContent, ObserverOptions, WatchedPaths } from '../watch/contract.js';
import type { Gathering, Outcome } from './gathering.js';
import { readPaths } from './read-paths.js';

export interface Following {
  readonly name: string;
  readonly watch: boolean;
  readonly observer: ObserverOptions;
  /** @param before what told the same host until now: what that has noted is not noted again */
  begin(context: Context, before: Gathering | undefined): Gathering;
}

/** What `readNow` leaves for the reader that follows, so that nothing is parsed twice. */
interface Handover {
  readonly context: Context;
  readonly gathering: Gathering;
  readonly reading: Reading | undefined;
  readonly seen: Map<string, FileContent>;
}

/** Gives what `readNow` has left, once. */
type Take = (context: Context) => Handover | undefined;

/** A gathering that goes on where the last one of this host has stopped. */
type Begin = (host: SourceHost) => Gathering;

/** A source over files: read at once, then followed. */
export function followFiles(following: Following): Source {
  const readers = new Set<FileReader>();
  const gatherings = new WeakMap<SourceHost, Gathering>();
  const begin: Begin = (host) => {
    const gathering = following.begin(host.context, gatherings.get(host));
    gatherings.set(host, gathering);
    return gathering;
  };
  let handover: Handover | undefined;
  const take: Take = (context) => {
    if (handover?.context !== context) return undefined;
    const taken = handover;
    handover = undefined;
    return taken;
  };
  return {
    name: following.name,
    readNow(host = standaloneHost) {
      const read = readAll(begin(host), host);
      // Whoever follows already has seen other moments than this one: it looks again, and says everything.
      for (const reader of readers) reader.resync();
      handover = readers.size > 0 ? undefined : { ...read, context: host.context };
      return readingOf(read.outcome, host);
    },
    async *readings(signal, host = standaloneHost) {
      if (signal.aborted) return;
      const reader = new FileReader(following, begin, host, signal);
      readers.add(reader);
      try {
        yield* following.watch ? reader.follow(take) : reader.readOnce(take);
      } finally {
        readers.delete(reader);
      }
    },
  };
}

interface ReadAll {
  readonly gathering: Gathering;
  readonly outcome: Outcome;
  readonly reading: Reading | undefined;
  readonly seen: Map<string, FileContent>;
}

/** Reads synchronously, includes and what they include. */
function readAll(gathering: Gathering, host: SourceHost): ReadAll {
  const seen = new Map<string, FileContent>();
  for (;;) {
    const asked = seen.size;
    gathering.take(readPaths(gathering.paths(), seen));
    const outcome = runToEnd(gathering.advance(host));
    if (outcome.kind === 'silent' && seen.size > asked) continue;
    return { gathering, outcome, reading: outcome.kind === 'reading' ? outcome.reading : undefined, seen };
  }
}

/** @throws ConfigError: an error is never an empty reading; the last of several is thrown, the others are reported */
function readingOf(outcome: Outcome, host: SourceHost): Reading {
  if (outcome.kind === 'reading') return outcome.reading;
  if (outcome.kind === 'silent') return { kind: 'full', entries: new Map() };
  const last = outcome.errors.at(-1);
  for (const error of outcome.errors) if (error !== last) host.fail(error);
  throw last ?? new SourceError('nothing could be read');
}

/** One reader of the source: its own state, its own watches. */
class FileReader {
  readonly #following: Following;
  readonly #begin: Begin;
  readonly #host: SourceHost;
  readonly #signal: AbortSignal;
  #round = new AbortController();
  #resyncing = false;

  constructor(following: Following, begin: Begin, host: SourceHost, signal: AbortSignal) {
    this.#following = following;
    this.#begin = begin;
    this.#host = host;
    this.#signal = signal;
  }

  resync(): void {
    this.#resyncing = true;
    this.#round.abort();
  }

  async *readOnce(take: Take): AsyncGenerator<Reading> {
    yield take(this.#host.context)?.reading ?? this.#readNow();
    await aborted(this.#signal);
  }

  #readNow(): Reading {
    return readingOf(readAll(this.#begin(this.#host), this.#host).outcome, this.#host);
  }

  async *follow(take: Take): AsyncGenerator<Reading> {
    let taken = take(this.#host.context);
    const gathering = taken?.gathering ?? this.#begin(this.#host);
    const known = taken?.seen ?? new Map<string, FileContent>();
    if (taken?.reading !== undefined) yield taken.reading;
    // A generator holds on to its variables, and this one lives as long as the config.
    taken = undefined;
    while (!this.#signal.aborted) {
      this.#round = new AbortController();
      yield* this.#observe(gathering, known);
    }
  }

  /** @param known is emptied once the observer has compared it: it holds whole files */
  async *#observe(gathering: Gathering, known: Map<string, FileContent>): AsyncGenerator<Reading> {
    // Loaded here, off the way of the first read: who reads and exits never pays for watching.
    const { observe } = await import('../watch/observer.js');
    let paths = gathering.paths();
    const observer = observe(paths, this.#observerOptions(), known);
    for await (const round of observer.rounds(AbortSignal.any([this.#signal, this.#round.signal]))) {
      known.clear();
      gathering.take(round);
      // This generator is suspended until the next round, and would hold the bytes of this one until then.
      (round.files as Map<string, FileContent>).clear();
      const outcome = await runPaced(gathering.advance(this.#host), nextTurn);
      const wanted = gathering.paths();
      if (!samePaths(paths, wanted)) observer.setPaths(wanted);
      paths = wanted;
      const reading = this.#told(outcome, gathering);
      if (reading !== undefined) yield reading;
    }
  }

  #observerOptions(): ObserverOptions {
    const onDegraded = (cause: Error) => {
      const message = `${this.#following.name}: files cannot be watched (${cause.message}), so they are polled`;
      this.#host.warn(new ConfigError('CALUMMA_WATCH', message, { cause }));
    };
    return { ...this.#following.observer, onDegraded };
  }

  #told(outcome: Outcome, gathering: Gathering): Reading | undefined {
    if (outcome.kind === 'refused') for (const error of outcome.errors) this.#host.fail(error);
    if (outcome.kind !== 'reading') return undefined;
    if (!this.#resyncing) return outcome.reading;
    this.#resyncing = false;
    return gathering.full();
  }
}

function samePaths(a: WatchedPaths, b: WatchedPaths): boolean {
  return sameList(a.files, b.files) && sameList(a.folders, b.folders);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}
