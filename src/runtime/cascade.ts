import type { ConfigError } from '../core/errors.js';
import { interpolate, type Interpolation, mayInterpolate, type Scope } from '../core/interpolate.js';
import { isAtOrUnder, isUnder, strip } from '../core/prefix.js';
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
  /** Keys whose `${…}` cannot all be filled in, and why. */
  readonly problems: Problems;
}

export type Problems = ReadonlyMap<string, readonly ConfigError[]>;

/** What `${env:…}`, `${sys:…}` and `${@…}` see. */
export type Outside = Omit<Scope, 'lookup'>;

const nothing: ReadonlySet<string> = new Set();
const noProblems: Problems = new Map();

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
  /** The values of the keys that were read so far, `null` for "nowhere": a slot is one more cache line away. */
  readonly #answers = new Map<string, string | null>();
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

  /** Some layer has not had its first say yet. */
  get isLoading(): boolean {
    return this.#layers.some((layer) => layer.state === 'loading');
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

  /** What readers get; remembers that they asked. A hit and a miss are both one lookup. */
  read(key: string): string | undefined {
    const answer = this.#answers.get(key);
    return answer === undefined ? this.#firstRead(key) : (answer ?? undefined);
  }

  #firstRead(key: unknown): string | undefined {
    if (typeof key !== 'string') return undefined; // reads never throw
    if (!this.slots.has(key) && this.#settled(key) === undefined) {
      if (this.#misses >= rememberedMisses) return undefined;
      this.#misses++;
    }
    const slot = this.slotFor(key);
    slot.read = true;
    slot.answered = true;
    this.#answers.set(key, slot.value ?? null);
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

  /** What lies below a prefix, as it is now, under the names it has there. */
  *below(prefix: string): Generator<[key: string, value: string]> {
    for (const key of this.listed(prefix)) {
      const value = this.slots.get(key)?.value;
      if (value !== undefined && isUnder(key, prefix)) yield [strip(key, prefix), value];
    }
  }

  lists(slot: Slot): boolean {
    if (slot.layer === undefined) return false;
    if (slot.layer.listed && slot.layer.source.spelling === undefined) return true;
    return this.#layers.some((layer) => layer.listed && layer.entries.has(slot.key));
  }

  /** Every key that somebody may want to hear of, listed or not. */
  seen(): Set<string> {
    for (const key of [...this.references.mentioned()]) this.slotFor(key);
    return new Set(this.slots.keys());
  }

  /** Whether a key would be listed with `delta` in `layer`. */
  wouldList(key: string, layer: Layer, delta: Delta): boolean {
    const isHere = delta.has(key) ? delta.get(key) !== undefined : layer.entries.has(key);
    return (layer.listed && isHere) || this.#layers.some((one) => one !== layer && one.listed && one.entries.has(key));
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
      // A guard that asked for a new key has made its slot since it was planned.
      const slot = move.slot ?? this.slots.get(move.key) ?? this.#newSlot(move.key);
      const before = slot.value;
      const layerBefore = slot.layer;
      slot.layer = move.layer;
      slot.value = move.value;
      if (slot.answered) this.#answers.set(slot.key, slot.value ?? null);
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
    const seen = slot ?? this.#spelled(key);
    if (seen?.layer !== undefined && seen.layer.rank < layer.rank) return this.#relisting(seen, seen.layer);
    return { key, slot: seen, layer, raw, value: raw, mentions: nothing };
  }

  // A key nobody has seen yet may be answered already, under another spelling.
  #spelled(key: string): Slot | undefined {
    return this.#looser.some((one) => one.lookup(key) !== undefined) ? this.slotFor(key) : undefined;
  }

  /** A key that keeps its value, but is listed from now on, or no longer: snapshots must be told. */
  #relisting(slot: Slot, holder: Layer): Move | undefined {
    if (holder.listed && (holder.source.spelling === undefined || holder.entries.has(slot.key))) return undefined;
    const raw = holder.lookup(slot.key);
    return { key: slot.key, slot, layer: holder, raw, value: raw, mentions: nothing };
  }

  #removal(layer: Layer, key: string, slot: Slot | undefined): Move | undefined {
    if (slot?.layer === undefined) return undefined;
    if (slot.layer !== layer) return this.#relisting(slot, slot.layer);
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
  #fill(moves: Move[]): Problems {
    if (this.#outside === undefined) return noProblems;
    const templates = moves.some((move) => move.raw !== undefined && mayInterpolate(move.raw));
    if (!templates && this.references.isEmpty) return noProblems;
    const moved = new Map(moves.map((move) => [move.key, move]));
    this.#addOwners(moves, moved);
    const lookup = (key: string): string | undefined => {
      const move = moved.get(key);
      return move === undefined ? this.raw(key) : move.raw;
    };
    const problems = new Map<string, readonly ConfigError[]>();
    for (const move of moves) {
      if (move.raw === undefined) continue;
      const filled = this.#interpolate(move.key, move.raw, lookup);
      if (filled === undefined) continue;
      move.value = filled.value;
      move.mentions = filled.mentions;
      if (filled.problems.length > 0) problems.set(move.key, filled.problems);
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
    const filled = interpolate(key, raw, { ...this.#outside, lookup });
    const variables = filled.trail.flatMap((step) => variableOf(step.expression) ?? []);
    return variables.length === 0 ? filled : { ...filled, mentions: new Set([...filled.mentions, ...variables]) };
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

// Counted among the mentions, so that what `${env:DB_PASSWORD}` fills is a secret too.
function variableOf(expression: string): string | undefined {
  return /^\$\{(env:[^:}]*)/.exec(expression)?.[1];
}

/** The delta of a source with looser spelling: with the keys that it answers differently under another name. */
export function spelledDelta(layer: Layer, delta: Delta, after: ReadonlyMap<string, string>, keys: ReadonlySet<string>): Delta {
  const now = new Map([...keys].map((key) => [key, layer.lookup(key, after)]));
  const spelled = new Map<string, string | undefined>();
  for (const key of keys) if (delta.has(key) || now.get(key) !== layer.lookup(key)) spelled.set(key, now.get(key));
  return spelled;
}
