import type { Layer } from './layer.js';
import type { SlotProperty } from './property.js';

/** What a slot holds on to its property objects by: strongly, or weakly while nobody else could ever find them again. */
export type Held = SlotProperty<unknown> | WeakRef<SlotProperty<unknown>>;

/**
 * All there is to know about one key: the value readers get, who answers, and the properties that follow it.
 * A key has a slot when a layer has it, when it was read, when properties follow it or when a `${…}` mentions it;
 * so a hit and a miss are both one lookup in one map.
 */
export class Slot {
  readonly key: string;
  /** What readers get: interpolated. */
  value: string | undefined = undefined;
  /** The layer that answers. */
  layer: Layer | undefined = undefined;
  /** Somebody has asked for it. */
  read = false;
  held: Held | Held[] | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }

  /** Nothing needs this slot any more. */
  get idle(): boolean {
    return this.layer === undefined && !this.read && this.held === undefined;
  }

  *properties(): Generator<SlotProperty<unknown>> {
    if (this.held === undefined) return;
    for (const held of Array.isArray(this.held) ? this.held : [this.held]) {
      const property = held instanceof WeakRef ? held.deref() : held;
      if (property !== undefined) yield property;
    }
  }
}
