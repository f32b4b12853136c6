import type { ConfigError } from '../core/errors.js';
import { interpolate, type Interpolation, mayInterpolate, type Scope } from '../core/interpolate.js';
import { isAtOrUnder, isUnder } from '../core/prefix.js';
import type { Delta, Layer } from './layer.js';
import { References } from './references.js';
import { Slot } from './slot.js';
import type { LiveValues } from './snapshot.js';

/** One key on its way to a new state. */
export interface Move {
  readonly key: string;
  readonly slot: Slot | undefined;
  readonly layer: Layer | undefined;
  /** As the layer has it; `value` is the same with its `${…}` filled in. */
  readonly raw: string | undefined;
  value: string | undefined;
  mentions: ReadonlySet<string>;
}

export interface Plan {
  readonly moves: readonly Move[];
  readonly problems: readonly ConfigError[];
}

/** What `${env:…}`, `${sys:…}` and `${@…}` see. */
export type Outside = Omit<Scope, 'lookup'>;

const nothing: ReadonlySet<string> = new Set();

// Reads of ever new keys that no layer has must not fill the memory: past this many they are looked up, not remembered.
const rememberedMisses = 10_000;

/**
 * The layers in their order and, for each key, who answers.
 *
 * A change is planned first (what would move, and to what) and committed afterwards, so that a refused one leaves
 * nothing behind. Both cost the size of the change: who answers now is in the slot, so only a removal searches.
 */
export class Cascade implements LiveValues {
  readonly slots = new Map<string, Slot>();
  readonly references = new References();
  #layers: Layer[] = [];
  #looser: Layer[] = [];
  #misses = 0;
  readonly #outside: Outside | undefined;

  /** @param outside `undefined` switches interpolation off */
  constructor(outside: Outside | undefined) {
    this.#outside = outside;
  }

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  insert(layer: Layer, rank: number): void {
    this.#layers.splice(rank, 0, layer);
    this.#rerank();
  }

  remove(layer: Layer): void {
    this.#layers = this.#layers.filter((one) => one !== layer);
    this.#rerank();
  }

  #rerank(): void {
    for (const [rank, layer] of this.#layers.entries()) layer.rank = rank;
    this.#looser = this.#layers.filter((layer) => layer.source.spelling !== undefined);
  }

  value(key: string): string | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? this.#settled(key)?.value : slot.value;
  }

  /** A read of a key without a slot: somebody asks for what no layer lists. */
  miss(key: string): string | undefined {
    const answered = this.#settled(key);
    if (answered === undefined && this.#misses >= rememberedMisses) return undefined;
    const slot = this.slotFor(key);
    slot.read = true;
    if (answered === undefined) this.#misses++;
    return slot.value;
  }

  /** The slot of a key, made if there is none. */
  slotFor(key: string): Slot {
    const present = this.slots.get(key);
    if (present !== undefined) return present;
    const slot = new Slot(key);
    this.slots.set(key, slot);
    const answered = this.#settled(key);
    if (answered === undefined) return slot;
    slot.layer = answered.layer;
    slot.value = answered.value;
    this.references.set(key, answered.mentions);
    return slot;
  }

  /** The keys that layers list: not those that a looser spelling or the deployment context merely answers. */
  *listed(prefix = ''): Generator<string> {
    for (const slot of this.slots.values()) {
      if (slot.layer !== undefined && isAtOrUnder(slot.key, prefix) && this.lists(slot)) yield slot.key;
    }
  }

  /** What lies below a prefix, as it is now. */
  *below(prefix: string): Generator<[key: string, value: string]> {
    for (const key of this.listed(prefix)) {
      const value = this.slots.get(key)?.value;
      if (value !== undefined && isUnder(key, prefix)) yield [key, value];
    }
  }

  lists(slot: Slot): boolean {
    if (slot.layer === undefined) return false;
    if (slot.layer.listed && slot.layer.source.spelling === undefined) return true;
    return this.#layers.some((layer) => layer.listed && layer.entries.has(slot.key));
  }

  /** A key's text before interpolation, whoever answers it. */
  raw(key: string): string | undefined {
    const layer = this.slots.get(key)?.layer;
    return layer === undefined ? this.#search(key, 0)?.raw : layer.lookup(key);
  }

  interpolation(key: string, raw: string): Interpolation | undefined {
    return this.#interpolate(key, raw, (other) => this.raw(other));
  }

  /** What `delta` in `layer` would move. Changes nothing. */
  plan(layer: Layer, delta: Delta): Plan {
    const moves: Move[] = [];
    for (const [key, raw] of delta) {
      const slot = this.slots.get(key);
      const move = raw === undefined ? this.#removal(layer, key, slot) : this.#setting(layer, key, raw, slot);
      if (move !== undefined) moves.push(move);
    }
    return { moves, problems: this.#fill(moves) };
  }

  /** Makes the planned moves true; gives back those whose value differs, with the value they had. */
  commit(plan: Plan): Settled[] {
    const settled: Settled[] = [];
    for (const move of plan.moves) {
      const slot = move.slot ?? this.#newSlot(move.key);
      const before = slot.value;
      const layerBefore = slot.layer;
      slot.layer = move.layer;
      slot.value = move.value;
      if (move.mentions !== nothing || !this.references.isEmpty) this.references.set(move.key, move.mentions);
      if (before !== move.value) settled.push({ slot, before, layerBefore });
      if (slot.idle) this.slots.delete(slot.key);
    }
    return settled;
  }

  #newSlot(key: string): Slot {
    const slot = new Slot(key);
    this.slots.set(key, slot);
    return slot;
  }

  #setting(layer: Layer, key: string, raw: string, slot: Slot | undefined): Move | undefined {
    const holder = slot === undefined ? this.#looserAbove(layer, key) : slot.layer;
    if (holder !== undefined && holder.rank < layer.rank) return undefined;
    return { key, slot, layer, raw, value: raw, mentions: nothing };
  }

  // A key nobody has seen yet may still be answered higher up under another spelling.
  #looserAbove(layer: Layer, key: string): Layer | undefined {
    return this.#looser.find((one) => one.rank < layer.rank && one.lookup(key) !== undefined);
  }

  #removal(layer: Layer, key: string, slot: Slot | undefined): Move | undefined {
    if (slot?.layer !== layer) return undefined;
    const next = this.#search(key, layer.rank + 1);
    return { key, slot, layer: next?.layer, raw: next?.raw, value: next?.raw, mentions: nothing };
  }

  #search(key: string, from: number): { layer: Layer; raw: string } | undefined {
    for (let rank = from; rank < this.#layers.length; rank++) {
      const layer = this.#layers[rank];
      const raw = layer?.lookup(key);
      if (layer !== undefined && raw !== undefined) return { layer, raw };
    }
    return undefined;
  }

  /** Fills in `${…}` of the moves, and adds a move for each value that mentions a moved key. */
  #fill(moves: Move[]): ConfigError[] {
    if (this.#outside === undefined) return [];
    const templates = moves.some((move) => move.raw !== undefined && mayInterpolate(move.raw));
    if (!templates && this.references.isEmpty) return [];
    const moved = new Map(moves.map((move) => [move.key, move]));
    this.#addOwners(moves, moved);
    const lookup = (key: string): string | undefined => {
      const move = moved.get(key);
      return move === undefined ? this.raw(key) : move.raw;
    };
    const problems: ConfigError[] = [];
    for (const move of moves) {
      if (move.raw === undefined) continue;
      const filled = this.#interpolate(move.key, move.raw, lookup);
      if (filled === undefined) continue;
      move.value = filled.value;
      move.mentions = filled.mentions;
      problems.push(...filled.problems);
    }
    return problems;
  }

  #addOwners(moves: Move[], moved: Map<string, Move>): void {
    for (const { key } of [...moves]) {
      for (const owner of this.references.ownersOf(key)) {
        const slot = this.slots.get(owner);
        if (slot?.layer === undefined || moved.has(owner)) continue;
        const raw = slot.layer.lookup(owner);
        const move: Move = { key: owner, slot, layer: slot.layer, raw, value: raw, mentions: nothing };
        moves.push(move);
        moved.set(owner, move);
      }
    }
  }

  #interpolate(key: string, raw: string, lookup: Scope['lookup']): Interpolation | undefined {
    if (this.#outside === undefined || !mayInterpolate(raw)) return undefined;
    return interpolate(key, raw, { ...this.#outside, lookup });
  }

  #settled(key: string): { layer: Layer; value: string; mentions: ReadonlySet<string> } | undefined {
    const found = this.#search(key, 0);
    if (found === undefined) return undefined;
    const filled = this.interpolation(key, found.raw);
    return { layer: found.layer, value: filled?.value ?? found.raw, mentions: filled?.mentions ?? nothing };
  }
}

/** A slot that has moved, and what it held before. */
export interface Settled {
  readonly slot: Slot;
  readonly before: string | undefined;
  readonly layerBefore: Layer | undefined;
}

/** The rest of a delta for a source with looser spelling: keys that it answers differently under another name. */
export function spelledDelta(layer: Layer, after: ReadonlyMap<string, string>, slots: Iterable<Slot>): Map<string, string | undefined> {
  const delta = new Map<string, string | undefined>();
  for (const { key } of slots) {
    const now = layer.lookup(key, after);
    if (now !== layer.lookup(key)) delta.set(key, now);
  }
  return delta;
}
