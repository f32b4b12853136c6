import { causeOf, reasonOf } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import { join } from '../core/prefix.js';
import { deepFreeze, type Spec, type StandardSchema, validate, type ValueType } from '../core/types/index.js';
import { type TextTree, unflatten } from '../core/unflatten.js';
import type { DynamicProperty } from './api.js';
import type { Report } from './listeners.js';

/** Specs by name; nested records bind nested prefixes. */
export interface Specs {
  readonly [name: string]: Spec<unknown> | Specs;
}

export type Bound<S extends Specs> = {
  readonly [K in keyof S]: S[K] extends Spec<infer T> ? T : S[K] extends Specs ? Bound<S[K]> : never;
};

type Typed = <T>(name: string, type: ValueType<T>, defaultValue: T) => DynamicProperty<T>;

/** @throws ConfigError CALUMMA_OPTION naming the entry that is no spec */
export function bindSpecs<S extends Specs>(typed: Typed, prefix: string, specs: S): Bound<S> {
  const bound = {};
  for (const [name, spec] of Object.entries(specs)) {
    const key = join(prefix, name);
    Object.defineProperty(bound, name, { enumerable: true, ...accessor(typed, key, spec) });
  }
  return Object.freeze(bound) as Bound<S>;
}

function accessor(typed: Typed, key: string, spec: unknown): PropertyDescriptor {
  if (typeof spec !== 'object' && typeof spec !== 'function') throw notSpec(key, spec);
  if (spec === null) throw notSpec(key, spec);
  if ('type' in spec && 'default' in spec) {
    const property = typed(key, (spec as Spec<unknown>).type, spec.default);
    return { get: () => property.get() };
  }
  if (typeof spec === 'function' && 'parse' in spec) throw notSpec(key, spec, 'a type without a default');
  if (Object.getPrototypeOf(spec) !== Object.prototype) throw notSpec(key, spec);
  return { value: bindSpecs(typed, key, spec as Specs) };
}

function notSpec(key: string, found: unknown, what: string = found === null ? 'null' : typeof found): ConfigError {
  return new ConfigError('CALUMMA_OPTION', `bind: expected a spec such as int(100) for ${key}, found ${what}`);
}

/** What a schema makes of the tree below a prefix: moves as a whole, or stays. */
export class BoundTree<T extends object> {
  readonly prefix: string;
  readonly #schema: StandardSchema<T>;
  #value: T;

  /** @throws ConfigError CALUMMA_VALIDATION */
  constructor(prefix: string, schema: StandardSchema<T>, entries: Iterable<[string, string]>) {
    this.prefix = prefix;
    this.#schema = schema;
    this.#value = this.#validated(entries);
  }

  refresh(entries: Iterable<[string, string]>, report: Report): void {
    try {
      this.#value = this.#validated(entries);
    } catch (error) {
      report(error as ConfigError);
    }
  }

  /** The object users hold. Its fields are those of the present value, which may come and go: hence a proxy. */
  facade(): Readonly<T> {
    const now = (): T => this.#value;
    const refuse = (): boolean => false;
    // util.inspect looks at the target, not at the traps.
    const target = Object.defineProperty({}, Symbol.for('nodejs.util.inspect.custom'), { value: now, configurable: true });
    return new Proxy(target as T, {
      get: (_, name) => Reflect.get(now(), name) as unknown,
      has: (_, name) => Reflect.has(now(), name),
      ownKeys: () => Reflect.ownKeys(now()),
      getOwnPropertyDescriptor: (_, name) => {
        const found = Reflect.getOwnPropertyDescriptor(now(), name);
        return found === undefined ? undefined : { ...found, writable: false, configurable: true };
      },
      getPrototypeOf: () => Reflect.getPrototypeOf(now()),
      set: refuse,
      defineProperty: refuse,
      deleteProperty: refuse,
      setPrototypeOf: refuse,
      preventExtensions: refuse,
    });
  }

  #validated(entries: Iterable<[string, string]>): T {
    const tree: TextTree = unflatten(entries);
    try {
      return deepFreeze(validate(this.#schema, tree));
    } catch (error) {
      const code = error instanceof ConfigError ? error.code : 'CALUMMA_VALIDATION';
      throw new ConfigError(code, `${this.prefix === '' ? 'the configuration' : this.prefix}: ${reasonOf(error)}`, { cause: causeOf(error) });
    }
  }
}
