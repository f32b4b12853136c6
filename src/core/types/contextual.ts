import { deepEqual } from '../equal.js';
import { ConfigError } from '../errors.js';
import type { Context } from '../model.js';
import { refusal } from './builder.js';
import { parseJson } from './json.js';
import { number } from './numbers.js';
import { boolean } from './scalars.js';
import type { ValueType } from './type.js';

/** What a contextual property can be: its default says which. */
export type ContextualValue = string | number | boolean;

/** The type of a default, not its literal: 100 makes a property of numbers. */
export type Widened<T extends ContextualValue> = T extends string ? string : T extends number ? number : boolean;

/** One entry of a contextual value. */
export interface Rule<T> {
  /** Dimension → the values it may have, all of which must fit; empty: always. */
  readonly if: ReadonlyMap<string, readonly string[]>;
  readonly value: T;
  readonly comment?: string;
  /** Archaius' word for "against the context of the call"; every rule here is. */
  readonly runtimeEval: boolean;
}

const expected = 'a value, or a JSON list of { "if": { dimension: [values] }, "value": … }';
const fields: ReadonlySet<string> = new Set(['if', 'value', 'comment', 'runtimeEval']);

/**
 * Reads Archaius' DynamicContextualProperty: `[{"if": {"environment": ["prod"]}, "value": 5}, {"value": 1}]`. A text that does
 * not begin with `[` is one value for every context.
 *
 * @param sample the default: values must be of its type; a string is converted by the grammar of that type
 * @throws ConfigError naming the entry and what is wrong with it, never its value
 */
export function parseRules<T extends ContextualValue>(text: string, sample: T): readonly Rule<Widened<T>>[] {
  if (!text.trimStart().startsWith('[')) {
    return [{ if: new Map(), value: convert(text, sample, 'the value'), runtimeEval: false }];
  }
  const entries = parseJson(text) as readonly unknown[];
  return Object.freeze(entries.map((entry, index) => parseRule(entry, sample, `entry ${index + 1}`)));
}

/**
 * The value of the first rule whose every dimension fits; a dimension that the context lacks fits nothing.
 *
 * A dimension may be written with the `@` of Archaius' property names: `@environment` is `environment`.
 */
export function evaluate<T>(rules: readonly Rule<T>[], context: Context): T | undefined {
  return rules.find((rule) => [...rule.if].every(([dimension, allowed]) => fits(dimension, allowed, context)))?.value;
}

/** The rules as a type, for a property that evaluates them on `get(context)`. */
export function contextualType<T extends ContextualValue>(sample: T): ValueType<readonly Rule<Widened<T>>[]> {
  return { id: `contextual<${typeof sample}>`, expected, parse: (text) => parseRules(text, sample), equals: deepEqual };
}

function fits(dimension: string, allowed: readonly string[], context: Context): boolean {
  const own = (name: string): string | undefined => (Object.hasOwn(context, name) ? context[name] : undefined);
  const value = own(dimension) ?? (dimension.startsWith('@') ? own(dimension.slice(1)) : undefined);
  return value !== undefined && allowed.includes(value);
}

function parseRule<T extends ContextualValue>(entry: unknown, sample: T, where: string): Rule<Widened<T>> {
  if (!isRecord(entry)) throw refusal(expected, `${where} is no object`);
  const unknown = Object.keys(entry).find((name) => !fields.has(name));
  if (unknown !== undefined) {
    throw refusal(expected, `${where} has a field ${JSON.stringify(unknown)}; allowed are ${[...fields].join(', ')}`);
  }
  if (!Object.hasOwn(entry, 'value')) throw refusal(expected, `${where} has no value`);
  const { comment, runtimeEval = false } = entry;
  if (comment !== undefined && typeof comment !== 'string') throw refusal(expected, `the comment of ${where} is no text`);
  if (typeof runtimeEval !== 'boolean') throw refusal(expected, `the runtimeEval of ${where} is no boolean`);
  const rule = { if: parseCondition(entry.if, where), value: convert(entry.value, sample, `the value of ${where}`), runtimeEval };
  return Object.freeze(comment === undefined ? rule : { ...rule, comment });
}

function parseCondition(condition: unknown, where: string): ReadonlyMap<string, readonly string[]> {
  if (condition === undefined) return new Map();
  if (!isRecord(condition)) throw refusal(expected, `the if of ${where} is no object`);
  return new Map(Object.entries(condition).map(([dimension, values]) => [dimension, parseAllowed(values, dimension, where)]));
}

function parseAllowed(values: unknown, dimension: string, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  return list.map((value) => {
    if (typeof value === 'string') return value;
    throw refusal(expected, `${JSON.stringify(dimension)} in ${where} is neither a text nor a list of texts`);
  });
}

function convert<T extends ContextualValue>(value: unknown, sample: T, what: string): Widened<T> {
  if (typeof value === typeof sample) return value as Widened<T>;
  if (typeof value !== 'string') throw refusal(expected, `${what} is no ${typeof sample}`);
  try {
    return (typeof sample === 'number' ? number : boolean).parse(value) as Widened<T>;
  } catch (cause) {
    if (cause instanceof ConfigError) throw refusal(expected, `${what} is no ${typeof sample}`, cause);
    throw cause;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
