import { causeOf, reasonOf } from '../core/check.js';
import { ConfigError, SourceError } from '../core/errors.js';
import type { LayerState } from '../core/model.js';
import type { Audience, StateChange } from './audience.js';
import type { Layer } from './layer.js';
import type { Report } from './listeners.js';

// A source whose errors have the time in them must not fill the memory.
const rememberedProblems = 100;

export interface StandingSetup {
  readonly audience: Audience;
  readonly report: Report;
  readonly now: () => number;
}

/** How a layer is doing, and what was said of it: each turn of its state is told, each problem once until it is over. */
export class Standing {
  readonly #layer: Layer;
  readonly #setup: StandingSetup;
  /** What was reported since the layer was live. */
  readonly #told = new Set<string>();

  constructor(layer: Layer, setup: StandingSetup) {
    this.#layer = layer;
    this.#setup = setup;
  }

  recover(): void {
    this.#told.clear();
    this.turn('live');
  }

  fail(thrown: unknown): void {
    const error = thrown instanceof ConfigError ? thrown : this.#lost(thrown);
    // A layer may have several problems at once, which come in turn: a retry that fails as before is not news.
    const repeated = this.#told.has(error.message);
    if (this.#told.size >= rememberedProblems) this.#told.clear();
    this.#told.add(error.message);
    this.turn(this.#layer.hasReading ? 'stale' : 'failed', error);
    if (!repeated) this.#setup.report(error);
  }

  turn(state: LayerState, error?: ConfigError): void {
    const layer = this.#layer;
    const before = layer.state;
    if (error !== undefined) layer.lastError = error;
    if (before === state) return;
    const now = this.#setup.now();
    layer.state = state;
    layer.since = now;
    const change: StateChange = { layer: layer.name, state, before, at: new Date(now), ...(error === undefined ? {} : { error }) };
    this.#setup.audience.tellState(change, this.#setup.report);
  }

  #lost(thrown: unknown): SourceError {
    return new SourceError(`${this.#layer.name}: the source failed: ${reasonOf(thrown)}`, { cause: causeOf(thrown) });
  }
}
