import { checkString } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import type { Change, ChangeSet, LayerState } from '../core/model.js';
import { isAtOrUnder, prefixesOf } from '../core/prefix.js';
import { callListener, checkListening, endWith, type ListenOptions, type Report, type Unsubscribe } from './listeners.js';

/** A layer went from one state to another. */
export interface StateChange {
  readonly layer: string;
  readonly state: LayerState;
  readonly before: LayerState;
  readonly at: Date;
  readonly error?: ConfigError;
}

export interface ConfigEvents {
  change: ChangeSet;
  error: ConfigError;
  state: StateChange;
}

export interface EventOptions extends ListenOptions {
  /** `change` only: changes at or below this prefix; a publish without any is not told. */
  readonly prefix?: string;
}

export type KeyListener = (change: Change, all: ChangeSet) => unknown;

interface Subscription<A> {
  readonly call: A;
  readonly prefix: string;
}

/** Who listens to a config as a whole. Cost of a publish: its changes, not its listeners. */
export class Audience {
  readonly #change = new Set<Subscription<(set: ChangeSet) => unknown>>();
  readonly #error = new Set<Subscription<(error: ConfigError) => unknown>>();
  readonly #state = new Set<Subscription<(change: StateChange) => unknown>>();
  readonly #keys = new Map<string, Set<Subscription<KeyListener>>>();

  get hearsChanges(): boolean {
    return this.#change.size > 0 || this.#keys.size > 0;
  }

  on<E extends keyof ConfigEvents>(event: E, listener: (value: ConfigEvents[E]) => unknown, options: EventOptions = {}): Unsubscribe {
    const set = this.#setOf(event);
    checkListening(listener, options, `on('${event}')`);
    if (options.prefix !== undefined) checkString(`on('${event}', { prefix })`, options.prefix);
    const subscription = { call: listener, prefix: options.prefix ?? '' };
    set.add(subscription);
    return endWith(options.signal, () => set.delete(subscription));
  }

  /** @param pattern a key, or `prefix.*` for everything below a prefix; `*` alone for everything */
  onChange(pattern: string, listener: KeyListener, options: ListenOptions = {}): Unsubscribe {
    checkListening(listener, options, `onChange('${pattern}')`);
    const subscription = { call: listener, prefix: pattern };
    const set = this.#keys.get(pattern) ?? new Set();
    this.#keys.set(pattern, set.add(subscription));
    return endWith(options.signal, () => {
      set.delete(subscription);
      if (set.size === 0 && this.#keys.get(pattern) === set) this.#keys.delete(pattern);
    });
  }

  tellChange(set: ChangeSet, report: Report): void {
    if (this.#keys.size > 0) for (const change of set.changes) this.#tellKey(change, set, report);
    for (const { call, prefix } of listening(this.#change)) {
      const part = prefix === '' ? set : below(set, prefix);
      if (part !== undefined) callListener(call, [part], "on('change')", report);
    }
  }

  /** @returns whether anybody was told */
  tellError(error: ConfigError): boolean {
    // A listener of errors that fails has nowhere to report to but the default reporter, which would come back here.
    for (const { call } of listening(this.#error)) callListener(call, [error], "on('error')", () => undefined);
    return this.#error.size > 0;
  }

  tellState(change: StateChange, report: Report): void {
    for (const { call } of listening(this.#state)) callListener(call, [change], "on('state')", report);
  }

  #tellKey(change: Change, set: ChangeSet, report: Report): void {
    // A set: a key may itself be spelled as a pattern.
    const patterns = new Set([change.key, '*', ...prefixesOf(change.key).map((prefix) => `${prefix}.*`)]);
    for (const pattern of patterns) {
      const subscriptions = this.#keys.get(pattern);
      if (subscriptions === undefined) continue;
      for (const { call } of listening(subscriptions)) callListener(call, [change, set], `onChange('${pattern}')`, report);
    }
  }

  #setOf<E extends keyof ConfigEvents>(event: E): Set<Subscription<(value: ConfigEvents[E]) => unknown>> {
    const sets = { change: this.#change, error: this.#error, state: this.#state };
    if (!Object.hasOwn(sets, event)) {
      throw new ConfigError('CALUMMA_OPTION', `on(): expected 'change', 'error' or 'state', found ${JSON.stringify(event)}`);
    }
    return sets[event] as unknown as Set<Subscription<(value: ConfigEvents[E]) => unknown>>;
  }
}

/** Those who listen now; one that is taken off by an earlier one is not told any more, one that is added not yet. */
function* listening<A>(set: Set<Subscription<A>>): Generator<Subscription<A>> {
  for (const subscription of [...set]) if (set.has(subscription)) yield subscription;
}

function below(set: ChangeSet, prefix: string): ChangeSet | undefined {
  const changes = set.changes.filter((change) => isAtOrUnder(change.key, prefix));
  return changes.length === 0 ? undefined : { ...set, changes };
}
