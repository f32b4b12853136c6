import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { causeOf, reasonOf } from '../core/check.js';
import { ConfigError, SourceError } from '../core/errors.js';
import type { Context, LayerState, Reading, SourceHost } from '../core/model.js';
import { merge } from '../core/reading.js';
import type { Audience, StateChange } from './audience.js';
import type { Layer } from './layer.js';
import type { Report } from './listeners.js';
import type { Publisher } from './publisher.js';

export interface FollowSetup {
  readonly publisher: Publisher;
  readonly audience: Audience;
  readonly report: Report;
  readonly context: Context;
  readonly maxBytes: number;
  readonly now: () => number;
  readonly random: () => number;
}

// A source whose errors have the time in them must not fill the memory.
const rememberedProblems = 100;

const readingChannel = channel('calumma:reading');

/** ms before the next try: full jitter, doubling from 100 ms, at most 5 s. */
export function nextDelay(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(5_000, 100 * 2 ** Math.min(attempt, 16)));
}

/** Whether the outcome of a reading is anything to act on. */
type Concerns = (refused: ConfigError | undefined) => boolean;

/**
 * The first readings of the local layers. One that a guard refuses is read again after the others: at first the guard
 * sees only a part of what will be there.
 */
export function readLocal(followers: readonly Follower[]): void {
  const refused = followers.filter((follower) => !follower.tryFirst());
  if (refused.length === 0) return;
  if (refused.length < followers.length) return readLocal(refused);
  for (const follower of refused) follower.readFirst();
}

/** Carries one layer's readings to the publisher, and keeps at it when the feed is lost. */
export class Follower {
  readonly layer: Layer;
  readonly #setup: FollowSetup;
  readonly #host: SourceHost;
  #loop: AbortController | undefined;
  #detach: (() => void) | undefined;
  #waiters: (() => void)[] = [];
  /** A reading that was refused: a patch that comes after it was made on top of it. */
  #refused: Reading | undefined;
  /** What was reported since the layer was live. */
  readonly #told = new Set<string>();
  #closed = false;

  constructor(layer: Layer, setup: FollowSetup) {
    this.layer = layer;
    this.#setup = setup;
    this.#host = {
      context: setup.context,
      maxBytes: Math.min(layer.maxBytes, setup.maxBytes),
      get version() {
        return layer.version;
      },
      confirm: () => this.#confirm(),
      fail: (error) => this.#fail(error),
      warn: (error) => setup.report(error),
    };
  }

  /**
   * The first reading of a local source, taken at once.
   *
   * @returns false if a guard refused it: tried again, it may pass, because other layers have been read meanwhile
   */
  tryFirst(): boolean {
    let passed = true;
    this.#readNow((refused) => {
      passed = refused?.code !== 'CALUMMA_GUARD';
      return passed;
    });
    return passed;
  }

  /** Reads a local source at once. */
  readFirst(): void {
    this.#readNow();
  }

  /** Takes what comes from now on. */
  follow(): void {
    const { source } = this.layer;
    if (source.attach === undefined) return this.#run();
    try {
      this.#detach = source.attach((reading) => this.#take(reading));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reads again now; resolves when that reading is in, or has failed. */
  async refresh(): Promise<void> {
    if (this.#closed) return;
    const settled = this.settled();
    // A reading on its way is older than what is read now: it must not come after it.
    this.#loop?.abort();
    this.#readNow();
    if (this.#detach === undefined) this.follow(); // also one that could not be attached before
    if (this.layer.source.readNow === undefined) await settled;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Resolves with the next reading or failure, or when it is closed. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#loop?.abort();
    this.#detach?.();
    this.#wake();
  }

  #readNow(concerns?: Concerns): void {
    const { source } = this.layer;
    if (source.readNow === undefined) return;
    try {
      this.#take(source.readNow(this.#host), concerns);
    } catch (error) {
      this.#fail(error);
    }
  }

  #run(): void {
    this.#loop = new AbortController();
    void this.#follow(this.#loop.signal);
  }

  // Never rejects: whatever a source does ends as a state of its layer.
  async #follow(signal: AbortSignal): Promise<void> {
    const isAborted = (): boolean => signal.aborted;
    for (let attempt = 1; !isAborted(); attempt++) {
      try {
        for await (const reading of this.layer.source.readings(signal, this.#host)) {
          if (isAborted()) return;
          this.#take(reading);
          attempt = 0; // only a fresh reading resets the backoff
        }
        return this.#ended();
      } catch (error) {
        if (isAborted()) return;
        this.#fail(error);
      }
      if (!(await this.#pause(attempt, signal))) return;
    }
  }

  /** The source has said all it will ever say. */
  #ended(): void {
    if (!this.layer.hasReading) this.#fail(new SourceError(`${this.layer.name}: expected a reading, found that the source ended without one`));
    this.#wake();
  }

  async #pause(attempt: number, signal: AbortSignal): Promise<boolean> {
    const delay = nextDelay(attempt, this.#setup.random);
    this.layer.nextTry = this.#setup.now() + delay;
    try {
      await sleep(delay, undefined, { signal, ref: false });
      return true;
    } catch {
      return false; // aborted
    }
  }

  #take(given: Reading, concerns?: Concerns): void {
    if (this.#closed) return;
    let reading = given;
    const next = (): Reading => {
      if (this.#refused !== undefined) reading = merge(this.#refused, given);
      return reading;
    };
    this.#setup.publisher.accept(this.layer, next, (refused) => {
      if (concerns?.(refused) === false) return;
      // What is no reading at all is dropped: nothing can be put on top of it.
      if (refused?.code !== 'CALUMMA_READING') this.#refused = refused === undefined ? undefined : reading;
      if (refused === undefined) this.#recover();
      else this.#fail(refused);
      if (readingChannel.hasSubscribers) readingChannel.publish({ layer: this.layer.name, reading, refused });
      this.#wake();
    });
  }

  /** The source says that what the layer holds still stands: unless it said something meanwhile that was refused. */
  #confirm(): void {
    if (this.#closed || this.#refused !== undefined || !this.layer.hasReading) return;
    this.layer.confirm(this.#setup.now());
    this.#recover();
    this.#wake();
  }

  #recover(): void {
    this.#told.clear();
    this.#turn('live', undefined);
  }

  #fail(thrown: unknown): void {
    if (this.#closed) return;
    const error = thrown instanceof ConfigError ? thrown : this.#lost(thrown);
    // A layer may have several problems at once, which come in turn: a retry that fails as before is not news.
    const repeated = this.#told.has(error.message);
    if (this.#told.size >= rememberedProblems) this.#told.clear();
    this.#told.add(error.message);
    this.#turn(this.layer.hasReading ? 'stale' : 'failed', error);
    if (!repeated) this.#setup.report(error);
    this.#wake();
  }

  #lost(thrown: unknown): SourceError {
    return new SourceError(`${this.layer.name}: the source failed: ${reasonOf(thrown)}`, { cause: causeOf(thrown) });
  }

  #turn(state: LayerState, error: ConfigError | undefined): void {
    const { layer } = this;
    const before = layer.state;
    if (error !== undefined) layer.lastError = error;
    if (before === state) return;
    const now = this.#setup.now();
    layer.state = state;
    layer.since = now;
    const change: StateChange = { layer: layer.name, state, before, at: new Date(now), ...(error === undefined ? {} : { error }) };
    this.#setup.audience.tellState(change, this.#setup.report);
    if (before === 'loading') this.#setup.publisher.reportOwed();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
