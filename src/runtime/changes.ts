import type { Change } from '../core/model.js';
import type { Move } from './cascade.js';
import { type Layer, placeOf } from './layer.js';

type Locate = Layer['locate'];

/** A change that a preview tells of. */
export interface PreviewedChange extends Change {
  /** The value before or after is a secret, or filled from one: never to be shown. */
  readonly secret: boolean;
}

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

/** Changes that have not happened yet: they have no place so far. */
export function plannedChanges(moves: readonly Move[], layer: Layer): Change[] {
  return moves.filter(differs).map((move) => plannedChange(move, layer));
}

/**
 * The same, each with whether it must not be shown.
 *
 * @param isSecret  by a key's name, or by what its present value mentions
 */
export function previewedChanges(moves: readonly Move[], layer: Layer, isSecret: (key: string) => boolean): PreviewedChange[] {
  return moves.filter(differs).map((move) => {
    const secret = isSecret(move.key) || [...move.mentions].some(isSecret);
    return { ...plannedChange(move, layer), secret };
  });
}

function differs({ before, value }: Move): boolean {
  return before !== value;
}

function plannedChange({ key, before, value, layerBefore, layer: after }: Move, layer: Layer): Change {
  const { name } = after ?? layerBefore ?? layer;
  return { key, before, after: value, layer: name, origin: undefined, originBefore: layerBefore?.originOf(key) };
}

function place(layer: Layer, locate: Locate, key: string): string {
  return placeOf(layer, locate, layer.entryFor(key) ?? key);
}
