import type { ValueType } from '../core/types/type.js';
import type { PropertyHost } from './live-property.js';
import { isCustom, SlotProperty } from './property.js';
import { Round } from './round.js';
import type { Held, Slot } from './slot.js';

/**
 * The property of a key with this type and default: the same object each time it is asked for.
 *
 * One with a parser of the caller's own may never be asked for again (an inline function is new each time), so the
 * slot holds it weakly until somebody listens to it.
 */
export function propertyOf<T>(slot: Slot, type: ValueType<T>, defaultValue: T, host: PropertyHost): SlotProperty<T> {
  const { held } = slot;
  if (held instanceof SlotProperty && held.answers(type as ValueType<unknown>, defaultValue)) return held as SlotProperty<T>;
  for (const property of slot.properties()) {
    if (property.answers(type as ValueType<unknown>, defaultValue)) return property as unknown as SlotProperty<T>;
  }
  const property = new SlotProperty(slot, type, defaultValue, host) as SlotProperty<unknown>;
  property.follow(new Round(0));
  hold(slot, isCustom(type as ValueType<unknown>) ? new WeakRef(property) : property);
  return property as unknown as SlotProperty<T>;
}

/** Holds a property strongly while somebody listens to it, weakly otherwise. */
export function keepWhileHeard(slot: Slot, property: SlotProperty<unknown>, heard: boolean): void {
  drop(slot, property);
  hold(slot, heard ? property : new WeakRef(property));
}

/** Moves all properties of a slot to another config's slot of the same key. */
export function moveHandles(from: Slot, to: Slot, host: PropertyHost, round: Round): void {
  const moving = [...from.properties()];
  from.held = undefined;
  for (const property of moving) {
    hold(to, isCustom(property.type) && !property.isHeard ? new WeakRef(property) : property);
    property.rebind(to, host, round);
  }
}

function hold(slot: Slot, held: Held): void {
  if (slot.held === undefined) slot.held = held;
  else slot.held = [...alive(slot), held];
}

function drop(slot: Slot, property: SlotProperty<unknown>): void {
  const left = alive(slot).filter((held) => held !== property && !(held instanceof WeakRef && held.deref() === property));
  slot.held = left.length === 0 ? undefined : left;
}

function alive(slot: Slot): Held[] {
  if (slot.held === undefined) return [];
  const held = Array.isArray(slot.held) ? slot.held : [slot.held];
  return held.filter((one) => !(one instanceof WeakRef) || one.deref() !== undefined);
}
