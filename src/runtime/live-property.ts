import { inspect } from 'node:util';
import { optionError } from '../core/check.js';
import { deepEqual } from '../core/equal.js';
import { ConfigError } from '../core/errors.js';
import { isStray } from '../core/promise.js';
import { mask, quote } from '../core/redact.js';
import type { ChangeListener, DynamicProperty, PropertyListenOptions } from './api.js';
import { Downstream } from './downstream.js';
import { latestValues } from './latest.js';
import { callListener, checkListener, checkListening, checkSignal, endWith, type ListenOptions, type Report, type Unsubscribe } from './listeners.js';
import { added, type Registered, type Registrations, removed, toldBy } from './registrations.js';
import type { Mover, Round, Tell } from './round.js';

/** What a property needs of the config it belongs to. */
export interface PropertyHost {
  readonly report: Report;
  isSecret(key: string): boolean;
  originOf(key: string): string | undefined;
  /** Runs `move` as a round of its own, after a publish that is under way. */
  round(move: (round: Round) => void): void;
  /** A property got its first listener, or lost its last: its slot must keep it alive, or need not. */
  heard(property: Input): void;
}

/** A property whose value another is made from, whatever its type. */
export interface Input extends Mover {
  readonly name: string;
  readonly raw: string | undefined;
  readonly isSet: boolean;
  readonly origin: string | undefined;
  readonly host: PropertyHost;
  addDependent(dependent: Mover): void;
  anchor(dependent: Mover, heard: boolean): void;
}

type Check<T> = (value: T) => unknown;

/** The value, its listeners, and what is derived from it: the same for a key's property and a derived one. */
export abstract class LiveProperty<T> implements DynamicProperty<T>, Input {
  #value: T;
  #changedAt = 0;
  #listeners: Registrations<T> = undefined;
  #downstream: Downstream | undefined = undefined;
  #checks: Check<T>[] | undefined = undefined;

  constructor(value: T) {
    this.#value = value;
  }

  abstract readonly name: string;
  abstract readonly default: T;
  abstract readonly raw: string | undefined;
  abstract readonly isSet: boolean;
  abstract readonly origin: string | undefined;
  abstract readonly rank: number;
  abstract readonly host: PropertyHost;
  /** Whether two values are the same to a listener. */
  abstract equals(a: T, b: T): boolean;
  abstract follow(round: Round): void;
  /** Takes the value again from where it comes from, after a check was added. */
  protected abstract recheck(round: Round): void;

  get(): T {
    return this.#value;
  }

  get changedAt(): Date | undefined {
    return this.#changedAt === 0 ? undefined : new Date(this.#changedAt);
  }

  onChange(listener: ChangeListener<T>, options: PropertyListenOptions = {}): Unsubscribe {
    checkListening(listener, options, `property ${this.name}`);
    const registered = this.#add(listener);
    let active = true;
    const end = endWith(options.signal, () => {
      if (active) this.#remove(registered);
      active = false;
    });
    if (options.immediate === true && options.signal?.aborted !== true) {
      callListener(listener, [this.#value, this.#value], this.name, this.host.report);
    }
    return end;
  }

  changes(options?: AbortSignal | ListenOptions): AsyncIterableIterator<T> {
    const signal = typeof options === 'object' && !(options instanceof AbortSignal) ? options.signal : options;
    checkSignal(signal, `changes() of ${this.name}`);
    return latestValues((take) => this.onChange((now) => take(now)), signal);
  }

  validate(check: Check<T>): this {
    checkListener(check, `validate() of ${this.name}`);
    this.#checks = [...(this.#checks ?? []), check];
    this.host.round((round) => this.recheck(round));
    return this;
  }

  map<U>(fn: (value: T) => U): DynamicProperty<U> {
    checkListener(fn, `map() of ${this.name}`);
    return mapped(this, fn);
  }

  orElse(other: DynamicProperty<T>): DynamicProperty<T> {
    return chain([this, other]);
  }

  toJSON(): unknown {
    return this.host.isSecret(this.name) ? mask : this.#value;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const shown = this.host.isSecret(this.name) ? mask : textOf(this.#value);
    return `DynamicProperty(${this.name} = ${shown})`;
  }

  /** Moves the value; what is derived follows later in the round. `woken`: tell the derived ones even if it is the same. */
  protected move(value: T, round: Round, woken: boolean): void {
    const before = this.#value;
    const same = this.#isSame(before, value);
    if (!same) {
      this.#value = value;
      this.#changedAt = round.at;
      round.moved(this, before);
    }
    if (!same || woken) this.#downstream?.wake(round);
  }

  /** @throws ConfigError when a check refuses the value */
  protected verify(value: T): void {
    for (const check of this.#checks ?? []) {
      let cause: unknown;
      try {
        const answer = check(value);
        const isAsync = isStray(answer);
        if (answer !== false && !isAsync) continue;
        if (isAsync) {
          cause = new Error('its validation is asynchronous, which a value that is read without waiting cannot wait for');
        }
      } catch (error) {
        cause = error;
      }
      throw this.#refused(value, cause);
    }
  }

  // The equality of a caller's own type may throw: a change told twice is better than one missed.
  #isSame(a: T, b: T): boolean {
    try {
      return this.equals(a, b);
    } catch {
      return false;
    }
  }

  audience(): Tell | undefined {
    const told = toldBy(this.#listeners);
    if (told.length === 0) return undefined;
    const now = this.#value;
    return (before, report) => {
      for (const { call, isStill } of told) if (isStill(this.#listeners)) callListener(call, [now, before as T], this.name, report);
    };
  }

  get isHeard(): boolean {
    return this.#listeners !== undefined || this.#downstream?.isHeard === true;
  }

  /** Wakes `dependent` when this moves. Weakly, so that one nobody keeps is forgotten. */
  addDependent(dependent: Mover): void {
    this.#downstream ??= new Downstream();
    this.#downstream.add(dependent);
  }

  /** Keeps `dependent` alive while somebody listens to it, although only we know of it. */
  anchor(dependent: Mover, heard: boolean): void {
    const wasHeard = this.isHeard;
    this.#downstream?.setHeard(dependent, heard);
    if (wasHeard !== this.isHeard) this.heardChanged(!wasHeard);
  }

  /** Called when the first listener comes and when the last one goes. */
  protected heardChanged(_heard: boolean): void {
    // a key's property is kept by its slot
  }

  #refused(value: T, cause: unknown): ConfigError {
    const { name, origin } = this;
    // What a check says may quote the value.
    if (this.host.isSecret(name)) return new ConfigError('CALUMMA_VALIDATION', `${name}: ${mask} was refused by its validation`, { origin });
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    return new ConfigError('CALUMMA_VALIDATION', `${name}: ${quote(this.raw ?? textOf(value))} was refused by its validation${reason}`, { origin, cause });
  }

  #add(listener: ChangeListener<T>): Registered<T> {
    const wasHeard = this.isHeard;
    const { all, registered } = added(this.#listeners, listener);
    this.#listeners = all;
    if (!wasHeard) this.heardChanged(true);
    return registered;
  }

  #remove(registered: Registered<T>): void {
    this.#listeners = removed(this.#listeners, registered);
    if (!this.isHeard) this.heardChanged(false);
  }
}

/** How a derived property finds its value. */
export interface Recipe<T> {
  readonly default: T;
  /** The input that answers at the moment; the first one where all take part. */
  chosen(): Input;
  value(): T;
}

/** A property that follows others: chained or mapped. Follows weakly held, so one that nobody keeps costs nothing. */
// In this file because a property makes derived ones, and a derived one is a property.
export class DerivedProperty<T> extends LiveProperty<T> {
  readonly #inputs: readonly Input[];
  readonly #recipe: Recipe<T>;
  override readonly rank: number;
  #refused = false;

  constructor(inputs: readonly Input[], recipe: Recipe<T>, first: T) {
    super(first);
    this.#inputs = inputs;
    this.#recipe = recipe;
    this.rank = 1 + Math.max(...inputs.map((input) => input.rank));
    for (const input of inputs) input.addDependent(this);
  }

  override get name(): string {
    return this.#recipe.chosen().name;
  }

  override get default(): T {
    return this.#recipe.default;
  }

  override get raw(): string | undefined {
    return this.#recipe.chosen().raw;
  }

  override get isSet(): boolean {
    return !this.#refused && this.#recipe.chosen().isSet;
  }

  override get origin(): string | undefined {
    return this.#recipe.chosen().origin;
  }

  override get host(): PropertyHost {
    return this.#recipe.chosen().host;
  }

  override equals(a: T, b: T): boolean {
    return deepEqual(a, b);
  }

  override follow(round: Round): void {
    try {
      const value = this.#recipe.value();
      this.verify(value);
      this.#refused = false;
      this.move(value, round, true);
    } catch (error) {
      this.host.report(asConfigError(this, error));
    }
  }

  protected override recheck(round: Round): void {
    try {
      this.verify(super.get());
    } catch (error) {
      this.#refused = true;
      this.host.report(asConfigError(this, error));
      this.move(this.default, round, true);
    }
  }

  protected override heardChanged(heard: boolean): void {
    for (const input of this.#inputs) input.anchor(this, heard);
  }
}

/** The first property that is set answers; if none is, the last one's default does (Archaius 1: ChainedDynamicProperty). */
export function chain<T>(properties: readonly DynamicProperty<T>[]): DynamicProperty<T> {
  const inputs = properties.map((property) => live(property));
  const last = inputs.at(-1);
  if (last === undefined) {
    throw new ConfigError('CALUMMA_OPTION', 'getChainedProperty: expected at least one property, found an empty list');
  }
  const chosen = (): LiveProperty<T> => inputs.find((input) => input.isSet) ?? last;
  const recipe: Recipe<T> = { default: last.default, chosen, value: () => chosen().get() };
  return new DerivedProperty(inputs, recipe, recipe.value());
}

/** What `fn` makes of the value. @throws ConfigError CALUMMA_OPTION when it fails both for the value of now and for the default */
export function mapped<T, U>(input: LiveProperty<T>, fn: (value: T) => U): DynamicProperty<U> {
  const first = firstOf(input, fn);
  const recipe: Recipe<U> = {
    get default() {
      try {
        return fn(input.default);
      } catch {
        return first;
      }
    },
    chosen: () => input,
    value: () => fn(input.get()),
  };
  return new DerivedProperty([input], recipe, first);
}

function firstOf<T, U>(input: LiveProperty<T>, fn: (value: T) => U): U {
  try {
    return fn(input.get());
  } catch (error) {
    const first = fromDefault(input, fn);
    input.host.report(asConfigError(input, error));
    return first;
  }
}

function fromDefault<T, U>(input: LiveProperty<T>, fn: (value: T) => U): U {
  try {
    return fn(input.default);
  } catch (cause) {
    throw optionError(`map() of ${input.name}`, 'a function that takes at least the default', fn, input.host.isSecret(input.name) ? undefined : cause);
  }
}

export function live<T>(property: DynamicProperty<T>): LiveProperty<T> {
  if (property instanceof LiveProperty) return property as LiveProperty<T>;
  throw new ConfigError('CALUMMA_OPTION', 'expected a property made by a Config, found something else');
}

function asConfigError({ name, host }: Pick<Input, 'name' | 'host'>, error: unknown): ConfigError {
  if (error instanceof ConfigError) return error;
  // What the function says may quote the value.
  const cause = host.isSecret(name) ? undefined : error;
  return new ConfigError('CALUMMA_CONVERSION', `${name}: the function given to map() failed`, { cause });
}

function textOf(value: unknown): string {
  try {
    return typeof value === 'string' ? value : inspect(value);
  } catch {
    return typeof value;
  }
}
