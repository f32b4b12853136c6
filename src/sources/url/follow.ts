import { ConfigError, SourceError } from '../../core/errors.js';
import type { Reading, SourceHost } from '../../core/model.js';
import { jittered, pause } from '../pause.js';
import { idOf } from './address.js';
import type { Failure, Mirrors } from './mirrors.js';
import type { UrlSpec } from './options.js';
import { allFailed, Problem } from './problem.js';
import { ask, type Answer } from './request.js';
import type { Told } from './told.js';
import { Wire } from './wire.js';

/** What outlives a reader: the runtime begins another one after each failure. */
export interface UrlState {
  readonly told: Told;
  readonly mirrors: Mirrors;
}

/** What a round has found; `undefined` is "nothing new". */
type Found = Reading | undefined;

/**
 * Asks again and again.
 *
 * @throws SourceError when nobody answers. What answers and cannot be used is told to the host, and asked again at leisure.
 */
export async function* followUrl(spec: UrlSpec, state: UrlState, signal: AbortSignal, host: SourceHost): AsyncGenerator<Reading> {
  const isAborted = (): boolean => signal.aborted; // a function: it changes while we wait
  if (isAborted()) return;
  const wire = new Wire(spec);
  signal.addEventListener('abort', wire.close, { once: true });
  try {
    while (!isAborted()) {
      const reading = await usable(new Round(spec, state, wire, host, signal), host);
      if (isAborted()) return;
      if (reading === undefined) host.confirm();
      else if (reading !== 'unusable') yield reading;
      state.told.settle(host);
      await pause(jittered(spec.everyMs), signal);
    }
  } catch (error) {
    if (!isAborted()) throw error;
  } finally {
    signal.removeEventListener('abort', wire.close);
    wire.close();
  }
}

async function usable(round: Round, host: SourceHost): Promise<Found | 'unusable'> {
  try {
    return await round.run();
  } catch (error) {
    if (!(error instanceof ConfigError) || error instanceof SourceError) throw error;
    host.fail(error);
    return 'unusable';
  }
}

/** All mirrors in turn, until one answers well. */
class Round {
  readonly #spec: UrlSpec;
  readonly #state: UrlState;
  readonly #wire: Wire;
  readonly #host: SourceHost;
  readonly #signal: AbortSignal;

  constructor(spec: UrlSpec, state: UrlState, wire: Wire, host: SourceHost, signal: AbortSignal) {
    this.#spec = spec;
    this.#state = state;
    this.#wire = wire;
    this.#host = host;
    this.#signal = signal;
  }

  async run(): Promise<Found> {
    const { mirrors, told } = this.#state;
    const failures: Failure[] = [];
    told.settle(this.#host);
    for (const address of mirrors.order(performance.now())) {
      try {
        const found = await this.#try(address);
        mirrors.answered(address, failures, this.#spec.name, this.#host);
        return found;
      } catch (thrown) {
        this.#signal.throwIfAborted();
        const failure = { address, thrown };
        failures.push(failure);
        mirrors.failed(failure, performance.now());
      }
    }
    // Where some say "nothing is there" and others say nothing, nobody knows.
    const nothing = failures.every(({ thrown }) => thrown instanceof Problem && thrown.details.absent === true);
    const [first] = failures;
    if (nothing && this.#spec.optional && first !== undefined) return told.takeAbsence(idOf(first.address.url, this.#spec.readAs), this.#host);
    throw allFailed(this.#spec.name, failures);
  }

  async #try(address: Failure['address']): Promise<Found> {
    const { told } = this.#state;
    let answer = await this.#ask(address, true);
    // The layer has refused something since: only a reading tells it that what it holds is right again.
    if (answer.kind === 'unchanged' && told.isRefused) answer = await this.#ask(address, false);
    return answer.kind === 'unchanged' ? undefined : told.take(address, answer, this.#host, this.#signal);
  }

  #ask(address: Failure['address'], conditionally: boolean): Promise<Answer> {
    const { maxBytes = Math.max(16 * 1024 * 1024, 2 * this.#host.maxBytes) } = this.#spec;
    const stamp = conditionally ? this.#state.told.stampFor(this.#host) : undefined;
    return ask(address, { spec: this.#spec, wire: this.#wire, stamp, maxBytes }, this.#signal);
  }
}
