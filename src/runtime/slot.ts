import type { Layer } from './layer.js';
import type { SlotProperty } from './property.js';
import type { Round } from './round.js';

type AnyProperty = SlotProperty<unknown>;

/** What a slot holds on to a property by: strongly, or weakly while nobody else could ever find it again. */
export type Held = AnyProperty | WeakRef<AnyProperty>;

/**
 * All there is to know about a key that somebody asks for: the value readers get, who answers, and the properties that
 * follow it. A key that only stands in a layer has none.
 */
export class Slot {
  readonly key: string;
  /** What readers get: interpolated. */
  value: string | undefined = undefined;
  /** The layer that answers. */
  layer: Layer | undefined = undefined;
  /** Who has asked for it: nobody, a property, or a reader, for whom the cascade then keeps the value at hand. */
  asked: 'not' | 'property' | 'value' = 'not';
  /** The first property of the key. Most keys have one, so finding it again costs no list. */
  first: AnyProperty | undefined = undefined;
  /** The other properties of the key, and those that are held weakly. */
  others: Held[] | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }

  get isRead(): boolean {
    return this.asked !== 'not';
  }

  /** Somebody has asked for the key, or follows it. */
  get isWanted(): boolean {
    return this.isRead || this.isFollowed;
  }

  get isFollowed(): boolean {
    return this.first !== undefined || this.others !== undefined;
  }

  /** Lets every property take the value of now. */
  move(round: Round): void {
    this.first?.follow(round);
    if (this.others === undefined) return;
    for (const held of this.others) deref(held)?.follow(round);
  }

  properties(): AnyProperty[] {
    const others = (this.others ?? []).map(deref).filter((property) => property !== undefined);
    return this.first === undefined ? others : [this.first, ...others];
  }

  hold(held: Held): void {
    if (this.first === undefined && !(held instanceof WeakRef)) this.first = held;
    else this.others = [...(this.others ?? []).filter((one) => deref(one) !== undefined), held];
  }

  drop(property: AnyProperty): void {
    if (this.first === property) this.first = undefined;
    const left = this.others?.filter((held) => deref(held) !== property && deref(held) !== undefined) ?? [];
    this.others = left.length === 0 ? undefined : left;
  }

  dropAll(): void {
    this.first = undefined;
    this.others = undefined;
  }
}

function deref(held: Held): AnyProperty | undefined {
  return held instanceof WeakRef ? held.deref() : held;
}
