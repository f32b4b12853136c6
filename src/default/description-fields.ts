import { isMap, type TreeMap } from '../formats/tree.js';
import { child, complain, found, type Inspection, type Node } from './description-inspection.js';
import type { JsonSchema, Shape } from './description-shapes.js';
import { suggestion } from '../core/nearest.js';

/** One key that a map of a description may have. */
export interface Field<T> {
  readonly shape: Shape<T>;
  /** For the JSON Schema: editors show it beside the key. */
  readonly about: string;
  readonly required: boolean;
  /** For the JSON Schema; what is left out is decided by the source. */
  readonly default?: unknown;
}

export interface Needed<T> extends Field<T> {
  readonly required: true;
}

export interface Optional<T> extends Field<T> {
  readonly required: false;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type NeededKey<F> = { [K in keyof F]: F[K] extends Needed<unknown> ? K : never }[keyof F];

/** What a map of these fields reads as. */
export type FieldValues<F> = { readonly [K in NeededKey<F>]: ValueOf<F[K]> } & {
  readonly [K in Exclude<keyof F, NeededKey<F>>]?: ValueOf<F[K]>;
};

export function needed<T>(shape: Shape<T>, about: string): Needed<T> {
  return { shape, about, required: true };
}

export function optional<T>(shape: Shape<T>, about: string, fallback?: unknown): Optional<T> {
  return { shape, about, required: false, ...(fallback === undefined ? {} : { default: fallback }) };
}

/**
 * Reads a map of known keys; `undefined` if anything about it is wrong, which is then written down.
 *
 * @param node a map; null is a map without keys, which is what `- env:` says
 */
export function readFields<F extends Fields>(node: Node, fields: F, inspection: Inspection): FieldValues<F> | undefined {
  const map = node.value ?? new Map<string, never>();
  const names = Object.keys(fields);
  if (!isMap(map)) {
    const expected = names.length === 0 ? 'an empty map' : `a map of ${names.join(', ')}`;
    complain(inspection, node, `expected ${expected}, found ${found(inspection, node)}`);
    return undefined;
  }
  const before = inspection.issues.length;
  for (const [key, { at }] of map) {
    if (!names.includes(key)) complain(inspection, { path: node.path, at }, unknownKey(key, names));
  }
  const values = readKnown(node, map, fields, inspection);
  return inspection.issues.length > before ? undefined : values;
}

/** A map of known keys as the value of a key. */
export function mapShape<F extends Fields>(fields: F): Shape<FieldValues<F>> {
  return { schema: fieldsSchema(fields), read: (node, inspection) => readFields(node, fields, inspection) };
}

/** The fields of `map` that can be read; those that cannot be are written down. */
export function readKnown<F extends Fields>(node: Node, map: TreeMap, fields: F, inspection: Inspection): FieldValues<F> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const entry = map.get(name);
    if (entry === undefined) {
      if (field.required) complain(inspection, node, `the key "${name}" is missing: ${asClause(field.about)}`);
      continue;
    }
    const value = field.shape.read(child(node, name, entry), inspection);
    if (value !== undefined) values[name] = value;
  }
  return values as FieldValues<F>;
}

/** What is a sentence of its own in the schema goes on in a message. */
function asClause(sentence: string): string {
  return sentence.replace(/^[A-Z](?=[a-z]* )/, (first) => first.toLowerCase()).replace(/\.$/, '');
}

/** `unknown key "wacth"; did you mean "watch"? allowed: …` */
export function unknownKey(key: string, allowed: readonly string[], what = 'key'): string {
  return `unknown ${what} ${JSON.stringify(key)};${suggestion(key, allowed)}`;
}

export function fieldsSchema(fields: Fields): JsonSchema {
  const required = Object.keys(fields).filter((name) => fields[name]?.required === true);
  const properties = Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)] as const);
  return {
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(properties),
  };
}

function fieldSchema({ shape, about, default: fallback }: Field<unknown>): JsonSchema {
  return { description: about, ...(fallback === undefined ? {} : { default: fallback }), ...shape.schema };
}
