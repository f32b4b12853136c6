import { channel } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConfigError, SourceError, type SourceErrorDetails } from '../core/errors.js';
import type { Context, Memory, Reading, RememberedReading, SourceHost } from '../core/model.js';
import { isReading, merge } from '../core/reading.js';
import { runPaced } from '../core/slices.js';
import { mostWaiting, weightOf } from '../core/weight.js';
import { nextDelay, sleepUnref, steadyMs } from './backoff.js';
import type { Layer } from './layer.js';
import { confirmAfterMs, LossCheck } from './loss.js';
import type { Publisher } from './publisher.js';
import { Standing, type StandingSetup } from './standing.js';
import { needsSlices, type Work, workInSlices, workOf } from './work.js';

export interface FollowSetup extends StandingSetup {
  readonly publisher: Publisher;
  readonly context: Context;
  readonly maxBytes: number;
  readonly random: () => number;
  /** Waits, keeping no process alive; tells whether the time has passed, rather than that `signal` aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<boolean>;
  /** Where the last good readings of a remote layer are kept, if its source does not say. */
  readonly memoryFor?: ((layer: string) => Memory) | undefined;
}

// Other layers may move many times a second; what was refused is not tried with each of them.
const secondThoughtsMs = 100;

const noWish: SourceErrorDetails = {};

const readingChannel = channel('calumma:reading');

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

/** Gives what `run` gave, or throws what it threw, when it is asked for. */
async function outcomeOf<T>(run: () => Promise<T>): Promise<() => T> {
  try {
    const value = await run();
    return () => value;
  } catch (error) {
    return () => {
      throw error as Error;
    };
  }
}

/** Carries one layer's readings to the publisher, and keeps at it when the feed is lost. */
export class Follower {
  readonly layer: Layer;
  readonly #setup: FollowSetup;
  readonly #host: SourceHost;
  #loop: AbortController | undefined;
  /** Runs until a reading that would remove most of the layer is read again. */
  #confirmation: AbortController | undefined;
  #detach: (() => void) | undefined;
  #waiters: (() => void)[] = [];
  /** A reading that was refused: a patch that comes after it was made on top of it. */
  #refused: Reading | undefined;
  /** Weight of the patches that are put together in it. */
  #refusedWeight = 0;
  readonly #standing: Standing;
  #refreshing: Promise<void> | undefined;
  #nextRefresh: Promise<void> | undefined;
  #hasSecondThoughts = false;
  /** Large readings that are being worked out: the layer must not move under them. */
  #pacing = 0;
  readonly #loss: LossCheck;
  readonly #memory: Memory | undefined;
  /** What was recalled and a guard refused, until it is tried again after the other layers: it is not read from disk twice. */
  #remembered: RememberedReading | undefined;
  readonly #tell: (problem: ConfigError) => void;
  #closed = false;

  constructor(layer: Layer, setup: FollowSetup) {
    this.layer = layer;
    this.#setup = setup;
    this.#standing = new Standing(layer, setup);
    this.#loss = new LossCheck(layer);
    this.#memory = layer.isRemote ? (layer.source.memory ?? setup.memoryFor?.(layer.name)) : undefined;
    this.#tell = (problem) => setup.report(problem);
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
   * The first reading of a local source, or what is remembered of a remote one, taken at once.
   *
   * @returns false if a guard refused it: tried again, it may pass, because other layers have been read meanwhile
   */
  tryFirst(): boolean {
    let passed = true;
    this.#firstNow((refused) => {
      passed = refused?.code !== 'CALUMMA_GUARD';
      return passed;
    });
    return passed;
  }

  /** Reads a local source at once; recalls what a remote one said in an earlier run. */
  readFirst(): void {
    this.#firstNow(() => true);
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

  /**
   * Reads again now; resolves when that reading is in, or has failed, and after `maxStalenessMs` at the latest. Of a remote source
   * one such reading is under way at a time, and whoever asks meanwhile shares the next one: who refreshes on each request must not
   * keep every reading from coming in.
   */
  refresh(): Promise<void> {
    if (this.layer.source.readNow !== undefined) return this.#readAnew();
    if (this.#refreshing === undefined) {
      this.#refreshing = this.#readAnew().finally(() => (this.#refreshing = undefined));
      return this.#refreshing;
    }
    this.#nextRefresh ??= this.#refreshing.then(() => {
      this.#nextRefresh = undefined;
      return this.refresh();
    });
    return this.#nextRefresh;
  }

  async #readAnew(): Promise<void> {
    if (this.#closed) return;
    const settled = this.settled();
    // A reading on its way is older than what is read now: it must not come after it.
    this.#loop?.abort();
    this.#readNow();
    if (this.#detach === undefined) this.follow(); // also one that could not be attached before
    if (this.layer.source.readNow === undefined) await this.#inTime(settled);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** A source that neither reads nor fails must not hold whoever waits for it longer than its deadline. */
  async #inTime(work: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, this.#sleep(this.layer.maxStalenessMs, over.signal)]);
    over.abort();
  }

  /** Resolves with the next reading or failure, or when it is closed. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves when what is remembered of the layer is on disk. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#loop?.abort();
    this.#confirmation?.abort();
    this.#detach?.();
    this.#wake();
    await this.#memory?.close();
  }

  #firstNow(concerns: Concerns): void {
    if (this.#memory === undefined) return this.#readNow(concerns);
    const remembered = (this.#remembered ??= this.#memory.recall(this.#tell, this.layer.source.from));
    if (remembered === undefined) return;
    this.#setup.publisher.accept(this.layer, () => workOf(this.layer, remembered), (refused) => {
      if (!concerns(refused)) return;
      this.#remembered = undefined;
      if (refused !== undefined) return this.#setup.report(refused);
      this.layer.recalled(remembered.keptAt);
      this.#turning(() => this.#standing.turn('stale'));
    });
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
      let spokenAt: number | undefined;
      try {
        for await (const reading of this.layer.source.readings(signal, this.#host)) {
          if (isAborted()) return;
          await this.#takePaced(reading, signal);
          this.#expectAnEnd(reading);
          spokenAt ??= this.#setup.now();
        }
        if (!isAborted()) this.#ended(); // else somebody reads anew, and whoever waits waits for that
        return;
      } catch (error) {
        if (isAborted()) return;
        this.#fail(error);
        // Only a feed that has lasted resets the backoff: one that speaks and breaks would else be opened without a pause.
        if (spokenAt !== undefined && this.#setup.now() - spokenAt >= steadyMs) attempt = 1;
        const { retryAfterMs, retryWithinMs } = error instanceof SourceError ? error : noWish;
        if (!(await this.#pause(nextDelay(attempt, this.#setup.random, retryAfterMs, retryWithinMs), signal))) return;
      }
    }
  }

  /** The source has said all it will ever say. */
  #ended(): void {
    if (!this.layer.hasReading) this.#fail(new SourceError(`${this.layer.name}: expected a reading, found that the source ended without one`));
    this.#wake();
  }

  async #pause(delay: number, signal: AbortSignal): Promise<boolean> {
    this.layer.nextTry = this.#setup.now() + delay;
    return this.#sleep(delay, signal);
  }

  #sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    return (this.#setup.sleep ?? sleepUnref)(ms, signal);
  }

  #take(given: Reading, concerns?: Concerns): void {
    if (this.#closed) return;
    let reading = given;
    const work = (): Work => {
      if (this.#refused !== undefined) reading = merge(this.#refused, given);
      return this.#checked(workOf(this.layer, reading));
    };
    this.#setup.publisher.accept(this.layer, work, (refused) => this.#taken(reading, refused, concerns));
  }

  /** Takes a reading from afar: a large one is worked out in slices, before its turn. */
  async #takePaced(given: Reading, signal: AbortSignal): Promise<void> {
    if (!isReading(given) || !needsSlices(this.layer, given)) return this.#take(given);
    const reading = this.#refused === undefined ? given : merge(this.#refused, given);
    this.#pacing++;
    const work = await outcomeOf(() => runPaced(workInSlices(this.layer, reading), nextTurn));
    this.#pacing--;
    if (this.#closed || signal.aborted) return;
    this.#setup.publisher.accept(this.layer, () => this.#checked(work()), (refused) => this.#taken(reading, refused));
  }

  /**
   * A feed of ever new keys grows what was refused without end: it is forgotten, and the feed opened anew.
   *
   * @throws ConfigError CALUMMA_TOO_LARGE
   */
  #expectAnEnd(given: Reading): void {
    if (this.#refused === undefined || given.kind === 'full') return void (this.#refusedWeight = 0);
    this.#refusedWeight += weightOf(given);
    const most = mostWaiting(this.#host.maxBytes);
    if (this.#refusedWeight <= most) return;
    this.#refused = undefined;
    this.#refusedWeight = 0;
    throw new ConfigError('CALUMMA_TOO_LARGE', `${this.layer.name}: expected an end of changes that cannot be taken, found more than ${most} bytes of them; the last good reading stays, and everything is read anew`);
  }

  #checked(work: Work): Work {
    this.#loss.check(work.delta);
    return work;
  }

  #taken(reading: Reading, refused: ConfigError | undefined, concerns?: Concerns): void {
    if (concerns?.(refused) === false) return;
    // What is no reading at all is dropped: nothing can be put on top of it.
    if (refused?.code !== 'CALUMMA_READING') this.#refused = refused === undefined ? undefined : reading;
    if (refused === undefined) this.#accepted();
    else this.#fail(refused);
    if (this.#loss.waits) void this.#confirmLoss();
    if (refused?.code === 'CALUMMA_GUARD' || refused?.code === 'CALUMMA_TOO_LARGE') this.#setup.publisher.onceMoved(this.#thinkAgain);
    if (readingChannel.hasSubscribers) readingChannel.publish({ layer: this.layer.name, reading, refused });
    this.#wake();
  }

  #accepted(): void {
    this.#confirmation?.abort();
    this.#turning(() => this.#standing.recover());
    if (this.#memory === undefined) return;
    const { entries, version, writtenAt } = this.layer;
    this.#memory.keep({ kind: 'full', entries, ...(version === undefined ? {} : { version }), ...(writtenAt === undefined ? {} : { writtenAt }) }, this.#tell, this.layer.source.from);
  }

  /** Other layers have moved: what was refused may pass now. */
  readonly #thinkAgain = (): void => {
    if (this.#hasSecondThoughts || this.#closed) return;
    this.#hasSecondThoughts = true;
    void this.#sleep(secondThoughtsMs, new AbortController().signal).then(() => {
      this.#hasSecondThoughts = false;
      return this.#offerAgain();
    });
  };

  /** Hands the reading that was refused in once more: its source may have nothing newer to say. */
  async #offerAgain(): Promise<void> {
    const refused = this.#refused;
    if (refused === undefined || this.#closed) return;
    const work = await outcomeOf(() => runPaced(workInSlices(this.layer, refused), nextTurn));
    // Something newer has come, or is being worked out against what the layer holds now.
    if (this.#refused !== refused || this.#pacing > 0 || this.isClosed) return;
    this.#setup.publisher.accept(this.layer, () => this.#checked(work()), (again) => this.#taken(refused, again));
  }

  /** Reads again after a while what would remove most of the layer; said twice, it is believed. */
  async #confirmLoss(): Promise<void> {
    if (this.#confirmation?.signal.aborted === false) return;
    const confirmation = new AbortController();
    this.#confirmation = confirmation;
    const passed = await this.#sleep(confirmAfterMs, confirmation.signal);
    if (!passed || this.#closed) return;
    confirmation.abort();
    this.#loss.askAgain();
    this.#loop?.abort();
    this.#run();
  }

  /** The source says that what it said last still stands: if that was refused, it may pass now. */
  #confirm(): void {
    if (this.#refused !== undefined) return void this.#offerAgain();
    if (this.#closed || !this.layer.hasReading) return;
    this.layer.confirm(this.#setup.now());
    this.#turning(() => this.#standing.recover());
    this.#wake();
  }

  #fail(thrown: unknown): void {
    if (this.#closed) return;
    this.#turning(() => this.#standing.fail(thrown));
    this.#wake();
  }

  /** A layer that has had its first say may have been what others waited for. */
  #turning(turn: () => void): void {
    const wasLoading = this.layer.state === 'loading';
    turn();
    if (wasLoading) this.#setup.publisher.reportOwed();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
