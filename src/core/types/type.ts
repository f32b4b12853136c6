/** A view that a property puts on the text of a value. */
export interface ValueType<T> {
  /** Names the type in handles and descriptions: `int`, `list<int>`. */
  readonly id: string;
  /** Completes "expected …, found …": `an integer`. */
  readonly expected: string;
  /** @throws any error when the text is not a `T`; what is thrown becomes the `cause` of a ConversionError */
  parse(text: string): T;
  /** Whether a listener would call the two the same. */
  equals(a: T, b: T): boolean;
}

/** A type with its default, as `bind` takes it: `int(100)`. */
export interface Spec<T> {
  readonly type: ValueType<T>;
  readonly default: T;
}

/** `int` is a type, and `int(100)` is a Spec. `D`: what is taken as a default (`duration('2s')`). */
export interface TypeBuilder<T, D = T> extends ValueType<T> {
  (defaultValue: D): Spec<T>;
}

/** What `getListProperty` and its like take for their elements. */
export type ElementParser<T> = ValueType<T> | ((text: string) => T);
