import type { ConfigError } from '../core/errors.js';
import { interpolate, type Interpolation, mayInterpolate, type Scope } from '../core/interpolate.js';
import { atOrUnder } from '../core/prefix.js';
import type { Delta, Layer } from './layer.js';
import { References } from './references.js';
import { Slot } from './slot.js';
import type { LiveValues } from './snapshot.js';

/** One key on its way from one state to another. */
export interface Move {
  readonly key: string;
  slot: Slot | undefined;
  readonly layerBefore: Layer | undefined;
  readonly before: string | undefined;
  readonly layer: Layer | undefined;
  /** As the layer has it; `value` is the same with its `${…}` filled in. */
  readonly raw: string | undefined;
  value: string | undefined;
  mentions: ReadonlySet<string>;
}

export interface Plan {
  readonly moves: readonly Move[];
  /** Values differ that nobody has asked for and nobody would be told of. */
  readonly unseen: boolean;
  /** Keys whose `${…}` cannot all be filled in, and why. */
  readonly problems: Problems;
}

export type Problems = ReadonlyMap<string, readonly ConfigError[]>;

/** What `${env:…}`, `${sys:…}` and `${@…}` see. */
export type Outside = Omit<Scope, 'lookup'>;

/** What a layer has for a key: now, or as it would be. */
type Lookup = (layer: Layer, key: string) => string | undefined;

interface Found {
  readonly layer: Layer;
  readonly raw: string;
}

interface Answer {
  readonly layer: Layer;
  readonly value: string;
  readonly mentions: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();
const asItIs: Lookup = (layer, key) => layer.lookup(key);

// Reads of ever new keys that no layer has must not fill the memory: past this many they are looked up, not remembered.
const rememberedMisses = 10_000;

/**
 * The layers in their order and, for each key that somebody asks for, who answers.
 *
 * A change is planned first (what would move, and to what) and committed afterwards, so that a refused one leaves
 * nothing behind. Both cost the size of the change; what nobody has asked for costs no more than its place in its layer.
 */
export class Cascade implements LiveValues {
  /** The keys that somebody asks for, and those whose values mention others. */
  readonly slots = new Map<string, Slot>();
  readonly references = new References();
  /** The values of the keys that were read so far, `null` for "nowhere": a slot is one more cache line away. */
  readonly #answers = new Map<string, string | null>();
  #layers: Layer[] = [];
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
  }

  // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What readers get; remembers that they asked. A hit and a miss are both one lookup. */
  read(key: string): string | undefined {
    const answer = this.#answers.get(key);
    return answer === undefined ? this.#firstRead(key) : (answer ?? undefined);
  }

  #firstRead(key: unknown): string | undefined {
    if (typeof key !== 'string') return undefined; // reads never throw
    if (!this.slots.has(key) && this.#search(key, 0, asItIs) === undefined) {
      if (this.#misses >= rememberedMisses) return undefined;
      this.#misses++;
    }
    const slot = this.slotFor(key);
    slot.asked = 'value';
    this.#answers.set(key, slot.value ?? null);
    return slot.value;
  }

  /** The value of now, without remembering that it was asked for. */
  value(key: string): string | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? this.#answer(key)?.value : slot.value;
  }

  /** The layer that answers a key. */
  holder(key: string): Layer | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? this.#search(key, 0, asItIs)?.layer : slot.layer;
  }

  /** A key's text before interpolation, whoever answers it. */
  raw(key: string): string | undefined {
    return this.holder(key)?.lookup(key);
  }

  interpolation(key: string, raw: string): Interpolation | undefined {
    return this.#interpolate(key, raw, (other) => this.raw(other));
  }

  /** The slot of a key, made if there is none. */
  slotFor(key: string): Slot {
    const present = this.slots.get(key);
    if (present !== undefined) return present;
    const slot = this.#newSlot(key);
    const answer = this.#answer(key);
    if (answer === undefined) return slot;
    slot.layer = answer.layer;
    slot.value = answer.value;
    this.references.set(key, answer.mentions);
    return slot;
  }

  /** The keys that layers list: not those that a looser spelling or the deployment context merely answers. */
  *listed(prefix = ''): Generator<string> {
    const layers = this.#layers.filter((layer) => layer.listed && layer.entries.size > 0);
    const inside = atOrUnder(prefix);
    const seen = new Set<string>();
    for (const [index, layer] of layers.entries()) {
      for (const key of layer.entries.keys()) {
        if (!inside(key) || seen.has(key)) continue;
        if (index < layers.length - 1) seen.add(key);
        yield key;
      }
    }
  }

  lists(key: string): boolean {
    return this.#layers.some((layer) => layer.listed && layer.entries.has(key));
  }

  /** Whether a key would be listed with `delta` in `layer`. */
  wouldList(key: string, layer: Layer, delta: Delta): boolean {
    const isHere = delta.has(key) ? delta.get(key) !== undefined : layer.entries.has(key);
    return (layer.listed && isHere) || this.#layers.some((one) => one !== layer && one.listed && one.entries.has(key));
  }

  // ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * What `delta` in `layer` would move. Changes nothing.
   *
   * @param every plan the keys too that nobody asks for: guards, snapshots or listeners want to know of them all
   * @param notable keys of the delta that concern others though nobody asks for them; `undefined`: any may
   */
  plan(layer: Layer, delta: Delta, every: boolean, notable?: readonly string[]): Plan {
    const lookup = wouldBe(layer, delta);
    const moves: Move[] = [];
    let unseen = false;
    const part = every || notable === undefined ? undefined : this.#concerned(delta, notable);
    if (part !== undefined && part.size < delta.size) unseen = this.#differsBeside(part, delta, lookup);
    (part ?? this.#affected(layer, delta, every)).forEach((here, key) => {
      const slot = this.slots.get(key);
      if (slot !== undefined || every || this.#takesPart(key, here, layer, lookup)) {
        const move = this.#move(key, slot, layer, lookup, every);
        if (move !== undefined) moves.push(move);
      } else if (!unseen) {
        unseen = this.#search(key, 0, asItIs)?.raw !== this.#search(key, 0, lookup)?.raw;
      }
    });
    return { moves, unseen, problems: this.#fill(moves, lookup) };
  }

  /** Makes the planned moves true; gives back those whose value differs. */
  commit(plan: Plan): Move[] {
    for (const move of plan.moves) {
      // A guard that asked for a new key has made its slot since it was planned.
      move.slot ??= this.slots.get(move.key) ?? (move.mentions.size > 0 ? this.#newSlot(move.key) : undefined);
      const { slot } = move;
      if (slot === undefined) continue;
      slot.layer = move.layer;
      slot.value = move.value;
      if (slot.asked === 'value') this.#answers.set(slot.key, slot.value ?? null);
      if (move.mentions !== nothing || !this.references.isEmpty) this.references.set(move.key, move.mentions);
      if (!slot.isWanted && move.mentions.size === 0) this.slots.delete(slot.key);
    }
    return plan.moves.filter((move) => move.before !== move.value);
  }

  /** The keys whose answer may differ, with what the layer would have for them: those of the delta, and for a source with looser spelling those it answers besides. */
  #affected(layer: Layer, delta: Delta, every: boolean): Delta {
    if (layer.source.spelling === undefined || delta.size === 0) return delta;
    const after = applied(layer.entries, delta);
    const keys = [...delta.keys(), ...this.references.mentioned(), ...this.slots.keys(), ...(every ? this.listed() : [])];
    return new Map(keys.map((key) => [key, layer.lookup(key, after)]));
  }

  /** The part of a delta that moves something: what somebody asks for, or mentions, and what is notable in itself. */
  #concerned(delta: Delta, notable: readonly string[]): Delta {
    const part = new Map<string, string | undefined>();
    const add = (key: string): void => {
      if (delta.has(key)) part.set(key, delta.get(key));
    };
    for (const key of this.slots.keys()) add(key);
    for (const key of this.references.mentioned()) add(key);
    for (const key of notable) add(key);
    return part;
  }

  #differsBeside(part: Delta, delta: Delta, lookup: Lookup): boolean {
    for (const key of delta.keys()) if (!part.has(key) && this.#search(key, 0, asItIs)?.raw !== this.#search(key, 0, lookup)?.raw) return true;
    return false;
  }

  /** Whether a key that nobody asks for must be looked at all the same: it mentions others, or is mentioned. */
  #takesPart(key: string, here: string | undefined, layer: Layer, lookup: Lookup): boolean {
    if (this.#outside === undefined) return false;
    if (!this.references.isEmpty && this.references.ownersOf(key).size > 0) return true;
    const raw = here ?? this.#search(key, layer.rank + 1, lookup)?.raw;
    return raw !== undefined && mayInterpolate(raw);
  }

  #move(key: string, slot: Slot | undefined, layer: Layer, lookup: Lookup, every: boolean): Move | undefined {
    const held = slot ?? this.#answer(key);
    const layerBefore = held?.layer;
    const hidden = layerBefore !== undefined && layerBefore.rank < layer.rank;
    if (hidden && !every) return undefined;
    const next = this.#search(key, hidden ? layerBefore.rank : layer.rank, lookup);
    return { key, slot, layerBefore, before: held?.value, layer: next?.layer, raw: next?.raw, value: next?.raw, mentions: nothing };
  }

  #search(key: string, from: number, lookup: Lookup): Found | undefined {
    for (let rank = from; rank < this.#layers.length; rank++) {
      const layer = this.#layers[rank];
      const raw = layer === undefined ? undefined : lookup(layer, key);
      if (layer !== undefined && raw !== undefined) return { layer, raw };
    }
    return undefined;
  }

  /** Fills in `${…}` of the moves, and adds a move for each value that mentions a moved key. */
  #fill(moves: Move[], lookup: Lookup): Problems {
    const problems = new Map<string, readonly ConfigError[]>();
    if (this.#outside === undefined) return problems;
    if (!this.references.isEmpty) this.#addOwners(moves);
    for (const move of moves) {
      if (move.raw === undefined) continue;
      const filled = this.#interpolate(move.key, move.raw, (key) => this.#search(key, 0, lookup)?.raw);
      if (filled === undefined) continue;
      move.value = filled.value;
      move.mentions = filled.mentions;
      if (filled.problems.length > 0) problems.set(move.key, filled.problems);
    }
    return problems;
  }

  #addOwners(moves: Move[]): void {
    const moved = new Set(moves.map((move) => move.key));
    for (const { key } of [...moves]) {
      for (const owner of this.references.ownersOf(key)) {
        const slot = this.slots.get(owner);
        if (slot?.layer === undefined || moved.has(owner)) continue;
        const { layer, value: before } = slot;
        const raw = layer.lookup(owner);
        moves.push({ key: owner, slot, layerBefore: layer, before, layer, raw, value: raw, mentions: nothing });
        moved.add(owner);
      }
    }
  }

  #interpolate(key: string, raw: string, lookup: Scope['lookup']): Interpolation | undefined {
    if (this.#outside === undefined || !mayInterpolate(raw)) return undefined;
    const filled = interpolate(key, raw, { ...this.#outside, lookup });
    const variables = filled.trail.flatMap((step) => variableOf(step.expression) ?? []);
    return variables.length === 0 ? filled : { ...filled, mentions: new Set([...filled.mentions, ...variables]) };
  }

  #answer(key: string): Answer | undefined {
    const found = this.#search(key, 0, asItIs);
    if (found === undefined) return undefined;
    const filled = this.interpolation(key, found.raw);
    return { layer: found.layer, value: filled?.value ?? found.raw, mentions: filled?.mentions ?? nothing };
  }

  #newSlot(key: string): Slot {
    const slot = new Slot(key);
    this.slots.set(key, slot);
    return slot;
  }
}

/** What the layers have for a key once `delta` is in `layer`. */
function wouldBe(layer: Layer, delta: Delta): Lookup {
  if (layer.source.spelling !== undefined) {
    const after = applied(layer.entries, delta);
    return (one, key) => (one === layer ? layer.lookup(key, after) : one.lookup(key));
  }
  return (one, key) => (one === layer && delta.has(key) ? delta.get(key) : one.lookup(key));
}

function applied(entries: ReadonlyMap<string, string>, delta: Delta): Map<string, string> {
  const after = new Map(entries);
  for (const [key, value] of delta) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
}

// Counted among the mentions, so that what `${env:DB_PASSWORD}` fills is a secret too.
function variableOf(expression: string): string | undefined {
  return /^\$\{(env:[^:}]*)/.exec(expression)?.[1];
}
