import type { Change } from '../core/model.js';
import type { Move } from './cascade.js';
import { type Layer, placeOf } from './layer.js';

type Locate = Layer['locate'];

/** Finds places only when asked: the line of a key in a 10 MB file costs a walk through it. */
class LocatedChange implements Change {
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly #now: Layer | undefined;
  readonly #locateNow: Locate;
  readonly #then: Layer | undefined;
  readonly #locateThen: Locate;

  constructor(settled: Move, moved: Layer, locateThen: Locate) {
    this.key = settled.key;
    this.before = settled.before;
    this.after = settled.value;
    this.#now = settled.layer;
    this.#locateNow = this.#now?.locate;
    this.#then = settled.layerBefore;
    this.#locateThen = this.#then === moved ? locateThen : this.#then?.locate;
  }

  get layer(): string {
    return (this.#now ?? this.#then)?.name ?? '';
  }

  get origin(): string | undefined {
    return this.#now === undefined ? this.originBefore : place(this.#now, this.#locateNow, this.key);
  }

  get originBefore(): string | undefined {
    return this.#then === undefined ? undefined : place(this.#then, this.#locateThen, this.key);
  }

  toJSON(): unknown {
    const { key, before, after, layer, origin } = this;
    return { key, before, after, layer, origin };
  }
}

/**
 * @param moved the layer whose reading was published
 * @param locateThen how that layer found places before it
 */
export function changesOf(settled: readonly Move[], moved: Layer, locateThen: Locate): Change[] {
  return settled.map((one) => new LocatedChange(one, moved, locateThen));
}

function place(layer: Layer, locate: Locate, key: string): string {
  return placeOf(layer, locate, layer.entryFor(key) ?? key);
}
