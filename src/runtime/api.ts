import type { ListenOptions, Unsubscribe } from './listeners.js';

/** A live, typed view of one key. `get()` is a field read: it never throws, never waits, never looks anything up. */
export interface DynamicProperty<T> {
  readonly name: string;
  readonly default: T;
  /** The value now: from the highest layer that has the key, else the default. A bad value keeps the last good one. */
  get(): T;
  /** The text behind the value, interpolated; `undefined` while no layer has the key. */
  readonly raw: string | undefined;
  /** Whether `get()` answers from the configuration rather than with the default. */
  readonly isSet: boolean;
  /** Where the value stands: `file:application.properties:12`. */
  readonly origin: string | undefined;
  /** When `get()` last began to answer differently; `undefined` before the first change. */
  readonly changedAt: Date | undefined;
  /**
   * Calls `listener(now, before)` after each change of the value, when all properties have moved.
   *
   * @param options.immediate also call it now, with the present value twice. Default false.
   * @example limit.onChange((now, before) => limiter.setRate(now), { signal });
   */
  onChange(listener: ChangeListener<T>, options?: PropertyListenOptions): Unsubscribe;
  /** The values from now on. A slow reader gets the latest, not each one. Ends with `signal`. */
  changes(options?: AbortSignal | ListenOptions): AsyncIterableIterator<T>;
  /**
   * Adds a check to this property: a value for which it throws or gives `false` is reported, and the last good one stays.
   *
   * @returns this property
   */
  validate(check: (value: T) => unknown): DynamicProperty<T>;
  /** A live property of what `fn` makes of the value. If `fn` throws, the last good result stays. */
  map<U>(fn: (value: T) => U): DynamicProperty<U>;
  /** This one while it is set, else `other`. */
  orElse(other: DynamicProperty<T>): DynamicProperty<T>;
}

export type ChangeListener<T> = (now: T, before: T) => unknown;

export interface PropertyListenOptions extends ListenOptions {
  readonly immediate?: boolean;
}

/** A property whose value depends on who asks: Archaius' DynamicContextualProperty. */
export interface ContextualProperty<T> extends DynamicProperty<T> {
  /** @param context dimensions of this call; they go before those of the deployment context. */
  get(context?: Readonly<Record<string, string | undefined>>): T;
}
