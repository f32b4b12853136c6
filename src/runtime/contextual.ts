import type { Context } from '../core/model.js';
import { type ContextualValue, contextualType, evaluate, type Rule, type Widened } from '../core/types/index.js';
import type { ContextualProperty, DynamicProperty } from './api.js';
import { DerivedProperty, live, type LiveProperty } from './live-property.js';

type Rules = readonly Rule<ContextualValue>[];
type Typed = (type: ReturnType<typeof contextualType<ContextualValue>>, noRules: Rules) => DynamicProperty<Rules>;

/**
 * A value that depends on who asks: rules in JSON, the first whose dimensions all fit the context answers.
 * Source: Archaius 1, DynamicContextualProperty and DefaultContextualPredicate.
 */
class Contextual<T> extends DerivedProperty<T> implements ContextualProperty<T> {
  readonly #rules: LiveProperty<readonly Rule<T>[]>;
  readonly #context: Context;
  readonly #fallback: T;

  constructor(rules: LiveProperty<readonly Rule<T>[]>, context: Context, fallback: T) {
    const value = (): T => evaluate(rules.get(), context) ?? fallback;
    super([rules], { default: fallback, chosen: () => rules, value }, value());
    this.#rules = rules;
    this.#context = context;
    this.#fallback = fallback;
  }

  override get(context?: Context): T {
    if (context === undefined) return super.get();
    return evaluate(this.#rules.get(), { ...this.#context, ...context }) ?? this.#fallback;
  }
}

const noRules: readonly Rule<never>[] = Object.freeze([]);

export function contextual<T extends ContextualValue>(typed: Typed, context: Context, defaultValue: T): ContextualProperty<Widened<T>> {
  const rules = typed(contextualType<ContextualValue>(defaultValue), noRules);
  return new Contextual(live(rules) as unknown as LiveProperty<readonly Rule<Widened<T>>[]>, context, defaultValue as unknown as Widened<T>);
}
