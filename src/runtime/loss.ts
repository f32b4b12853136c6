import { ConfigError } from '../core/errors.js';
import type { Delta, Layer } from './layer.js';

/** What to do with a reading that would remove most of a remote layer. */
export type MassRemoval = 'confirm' | 'allow' | 'refuse';

// An emptied table, a path that is wrong after a deployment and a server that answers from an empty replica all look like this.
const fewestKeys = 10;
const largestShare = 0.3;

/** ms between the two readings that have to agree. */
export const confirmAfterMs = 2_000;

interface Doubt {
  readonly keys: ReadonlySet<string>;
  /** The source was asked again since. */
  askedAgain: boolean;
}

/** Keeps a remote layer from losing most of its keys by one bad answer: the source has to say it twice. */
export class LossCheck {
  readonly #layer: Layer;
  #doubt: Doubt | undefined;

  constructor(layer: Layer) {
    this.#layer = layer;
  }

  /** A reading is held back and should be read again. */
  get waits(): boolean {
    return this.#layer.massRemoval === 'confirm' && this.#doubt?.askedAgain === false;
  }

  /** What is read from now on is a second opinion. */
  askAgain(): void {
    if (this.#doubt !== undefined) this.#doubt.askedAgain = true;
  }

  /** @throws ConfigError CALUMMA_MASS_REMOVAL */
  check(delta: Delta): void {
    const { name, massRemoval, entries } = this.#layer;
    const gone = massRemoval === 'allow' ? undefined : mostOf(this.#layer, delta);
    const doubt = this.#doubt;
    const isSecond = doubt?.askedAgain === true && gone !== undefined && isWithin(gone, doubt.keys);
    if (gone === undefined || (massRemoval === 'confirm' && isSecond)) {
      this.#doubt = undefined;
      return;
    }
    if (doubt === undefined || !isWithin(gone, doubt.keys)) this.#doubt = { keys: gone, askedAgain: false };
    const next = massRemoval === 'confirm' ? `it is read again in ${confirmAfterMs / 1000} s before it is believed` : "it is refused, as massRemoval: 'refuse' wants it";
    throw new ConfigError('CALUMMA_MASS_REMOVAL', `${name}: expected a reading that removes at most 30 % of the keys at once, found one without ${gone.size} of ${entries.size}; ${next}`);
  }
}

/** The keys that `delta` removes, if they are too many to go without a question. */
function mostOf(layer: Layer, delta: Delta): ReadonlySet<string> | undefined {
  const { size } = layer.entries;
  if (!layer.isRemote || size < fewestKeys || delta.size <= size * largestShare) return undefined;
  const gone = new Set<string>();
  delta.forEach((value, key) => {
    if (value === undefined) gone.add(key);
  });
  return gone.size > size * largestShare ? gone : undefined;
}

function isWithin(keys: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const key of keys) if (!others.has(key)) return false;
  return true;
}
