import type { ValueType } from '../core/types/type.js';
import type { PropertyHost } from './live-property.js';
import { isCustom, SlotProperty } from './property.js';
import { Round } from './round.js';
import type { Held, Slot } from './slot.js';

/** The property of a key with this type and default, if it was handed out before: the same object each time it is asked for. */
export function knownProperty<T>(slot: Slot, type: ValueType<T>, defaultValue: T): SlotProperty<T> | undefined {
  const { first } = slot;
  // The ordinary case of a program that looks its property up on each request.
  if (first?.type === type && first.default === defaultValue) return first as SlotProperty<T>;
  if (!slot.isFollowed) return undefined;
  return slot.properties().find((property) => property.answers(type, defaultValue)) as SlotProperty<T> | undefined;
}

/**
 * The property of a key, at the value of now.
 *
 * One with a parser of the caller's own may never be asked for again (an inline function is new each time), so the
 * slot holds it weakly until somebody listens to it.
 */
export function newProperty<T>(slot: Slot, type: ValueType<T>, defaultValue: T, host: PropertyHost): SlotProperty<T> {
  const property = new SlotProperty(slot, type, defaultValue, host);
  property.follow(new Round(0));
  slot.hold(heldAs(property as SlotProperty<unknown>));
  return property;
}

/** Holds a property strongly while somebody listens to it, weakly otherwise. */
export function keepWhileHeard(slot: Slot, property: SlotProperty<unknown>): void {
  slot.drop(property);
  slot.hold(heldAs(property));
}

/** Moves all properties of a slot to another config's slot of the same key. */
export function moveHandles(from: Slot, to: Slot, host: PropertyHost, round: Round): void {
  const moving = from.properties();
  from.dropAll();
  for (const property of moving) {
    to.hold(heldAs(property));
    property.rebind(to, host, round);
  }
}

function heldAs(property: SlotProperty<unknown>): Held {
  return isCustom(property.type) && !property.isHeard ? new WeakRef(property) : property;
}
