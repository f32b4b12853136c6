import { type ConfigError, ConversionError } from '../core/errors.js';
import type { ValueType } from '../core/types/type.js';
import { LiveProperty, type PropertyHost } from './live-property.js';
import type { Round } from './round.js';
import type { Slot } from './slot.js';

/** The typed view of one key. Moves when its slot does. */
export class SlotProperty<T> extends LiveProperty<T> {
  readonly type: ValueType<T>;
  readonly default: T;
  #slot: Slot;
  #host: PropertyHost;
  #set = false;
  /** Why the present text does not count, while an older value is served. */
  #error: ConfigError | undefined = undefined;

  constructor(slot: Slot, type: ValueType<T>, defaultValue: T, host: PropertyHost) {
    super(defaultValue);
    this.type = type;
    this.default = defaultValue;
    this.#slot = slot;
    this.#host = host;
  }

  override get name(): string {
    return this.#slot.key;
  }

  override get raw(): string | undefined {
    return this.#slot.value;
  }

  override get isSet(): boolean {
    return this.#set;
  }

  override get origin(): string | undefined {
    return this.#slot.value === undefined ? undefined : this.#host.originOf(this.#slot.key);
  }

  override get rank(): number {
    return 0;
  }

  override get host(): PropertyHost {
    return this.#host;
  }

  get error(): ConfigError | undefined {
    return this.#error;
  }

  override equals(a: T, b: T): boolean {
    return this.type.equals(a, b);
  }

  /** Whether a getter that asks for this type and default means this property. */
  answers(type: ValueType<unknown>, defaultValue: unknown): boolean {
    if (this.type !== type && this.type.id !== type.id) return false;
    return Object.is(this.default, defaultValue) || sameDefault(this.type, this.default, defaultValue as T);
  }

  override follow(round: Round): void {
    const text = this.#slot.value;
    const wasSet = this.#set;
    if (text === undefined) {
      this.#set = false;
      this.#error = undefined;
      return this.move(this.default, round, wasSet);
    }
    try {
      const value = this.#parse(text);
      this.verify(value);
      this.#set = true;
      this.#error = undefined;
      this.move(value, round, !wasSet);
    } catch (error) {
      this.#keep(error as ConfigError);
    }
  }

  /** Follows the key of another config from now on: the default instance was replaced. */
  rebind(slot: Slot, host: PropertyHost, round: Round): void {
    this.#slot = slot;
    this.#host = host;
    this.follow(round);
  }

  protected override recheck(round: Round): void {
    try {
      if (this.#set) this.verify(this.get());
    } catch (error) {
      // Nothing checked was ever served, so there is no last good value but the default.
      this.#set = false;
      this.#keep(error as ConfigError);
      this.move(this.default, round, true);
    }
  }

  // One made from a parser of the caller's own is held weakly: while somebody listens, it must stay.
  protected override heardChanged(): void {
    if (isCustom(this.type)) this.#host.heard(this);
  }

  #keep(error: ConfigError): void {
    // Two properties of a key, with different defaults, meet the same bad value: that is one piece of news.
    const known = this.#slot.properties().some((one) => (one as unknown) !== this && one.error?.message === error.message);
    this.#error = error;
    if (!known) this.#host.report(error);
  }

  #parse(text: string): T {
    try {
      return this.type.parse(text);
    } catch (cause) {
      const secret = this.#host.isSecret(this.name);
      // A parser's own message may quote the text, which for a secret must not travel on as a cause.
      throw new ConversionError(this.name, this.type.expected, text, secret, {
        origin: this.origin,
        cause: secret ? undefined : cause,
      });
    }
  }
}

/** Made from a caller's own function or schema: their ids carry a number that is the object's own. */
export function isCustom(type: ValueType<unknown>): boolean {
  return type.id.includes('#');
}

function sameDefault<T>(type: ValueType<T>, a: T, b: T): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  try {
    return type.equals(a, b);
  } catch {
    // a user's own equality may not expect another kind of default
    return false;
  }
}
