import path from 'node:path';

import { boolean, bytes, duration } from '../core/types/index.js';
import { isList, isMap } from '../formats/tree.js';
import { allFormats, builtInFormats } from '../formats/registry.js';
import { child, complain, fill, found, type Inspection, type Node } from './description-inspection.js';
import { suggestion } from '../core/nearest.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What may stand under a key of a description: one rule for the reader and for the JSON Schema. */
export interface Shape<T> {
  readonly schema: JsonSchema;
  /** `undefined`: it was refused, and the problem is written down. */
  read(node: Node, inspection: Inspection): T | undefined;
}

/** Any scalar may be filled from the environment, so it may be a text wherever an editor sees a number or a flag. */
export const reference: JsonSchema = { type: 'string', pattern: '\\$\\{' };
const orReference = { $ref: '#/$defs/reference' };

/** A shape over one scalar; what `parse` throws is told as "expected …, found …". */
function scalar<T>(expected: string, schema: JsonSchema, parse: (text: string, inspection: Inspection) => T): Shape<T> {
  return {
    schema,
    read(node, inspection) {
      if (typeof node.value !== 'string') return refuse(inspection, node, expected);
      const text = fill(inspection, node, node.value);
      if (text === undefined) return undefined;
      try {
        return parse(text, inspection);
      } catch (cause) {
        return refuse(inspection, node, expected, text, cause);
      }
    },
  };
}

function refuse(inspection: Inspection, node: Node, expected: string, text?: string, cause?: unknown): undefined {
  complain(inspection, node, `expected ${expected}, found ${found(inspection, node, text)}`, cause);
  return undefined;
}

/** Numbers and flags are text as they are written: a name may be `007`. */
const anyScalar: JsonSchema = { type: ['string', 'number', 'boolean'] };

/** A text that may be empty. */
export const anyText: Shape<string> = scalar('a text', anyScalar, (text) => text);

export const text: Shape<string> = scalar('a text', { ...anyScalar, minLength: 1 }, nonEmpty);

function nonEmpty(value: string): string {
  if (value === '') throw new RangeError('it is empty');
  return value;
}

export const flag: Shape<boolean> = scalar(
  'true or false',
  { anyOf: [{ type: 'boolean' }, { enum: ['true', 'false', 'yes', 'no', 'on', 'off', 1, 0] }, orReference] },
  (value) => boolean.parse(value),
);

/** ms, more than none. */
export const span: Shape<number> = scalar(
  'a duration such as 5s',
  { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, { type: 'string', pattern: '^ *[.0-9Pp]' }, orReference] },
  (value) => positive(duration.parse(value)),
);

/** ms, also none at all. */
export const spanOrNone: Shape<number> = scalar(
  'a duration such as 2s, or 0',
  { anyOf: [{ type: 'number', minimum: 0 }, { type: 'string', pattern: '^ *[.0-9Pp]' }, orReference] },
  (value) => duration.parse(value),
);

export const size: Shape<number> = scalar(
  'a size such as 10MB',
  { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, { type: 'string', pattern: '^ *[.0-9]' }, orReference] },
  (value) => positive(bytes.parse(value)),
);

function positive(value: number): number {
  if (value > 0) return value;
  throw new RangeError('it must be more than 0');
}

export const wholeNumber: Shape<number> = scalar(
  'a whole number from 0',
  { anyOf: [{ type: 'integer', minimum: 0 }, orReference] },
  (value) => {
    if (/^\d+$/.test(value)) return Number(value);
    throw new RangeError('it is none');
  },
);

/** `false` in the place of something. */
export function orNothing<T>(shape: Shape<T>): Shape<T | false> {
  return {
    schema: { anyOf: [{ const: false }, shape.schema] },
    read: (node, inspection) => (node.value === 'false' ? false : shape.read(node, inspection)),
  };
}

/** A path as it is written, and where that leads from the folder of the description. */
export interface DescribedPath {
  readonly written: string;
  readonly absolute: string;
}

export const filePath: Shape<DescribedPath> = scalar('a path', { ...anyScalar, minLength: 1 }, (value, { folder }) => ({
  written: nonEmpty(value),
  absolute: path.resolve(folder, value),
}));

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]): Shape<T> {
  const shown = words.join(' or ');
  return scalar(shown, { anyOf: [{ enum: words }, orReference] }, (value) => {
    const word = words.find((allowed) => allowed === value);
    if (word === undefined) throw new RangeError(`it is not ${shown}`);
    return word;
  });
}

/** The name of a format, built in or registered. */
export const formatName: Shape<string> = {
  schema: { anyOf: [{ enum: builtInFormats.map(({ name }) => name) }, { type: 'string', minLength: 1 }] },
  read(node, inspection) {
    const name = text.read(node, inspection);
    const names = allFormats().map((format) => format.name);
    if (name === undefined || names.includes(name)) return name;
    complain(inspection, node, `unknown format ${found(inspection, node, name)};${suggestion(name, names)}`);
    return undefined;
  },
};

/** A list of one shape; it is refused if one of its items is, but all of them are looked at. */
export function listOf<T>(item: Shape<T>, expected: string, { minItems = 0 } = {}): Shape<readonly T[]> {
  return {
    schema: { type: 'array', items: item.schema, ...(minItems === 0 ? {} : { minItems }) },
    read(node, inspection) {
      if (!isList(node.value)) return refuse(inspection, node, expected);
      if (node.value.length < minItems) {
        complain(inspection, node, `expected ${expected}, found an empty list`);
        return undefined;
      }
      const items = node.value.map((entry, index) => item.read({ path: `${node.path}[${index}]`, ...entry }, inspection));
      return allThere(items);
    },
  };
}

/** One item, or a list of them. */
export function oneOrMore<T>(item: Shape<T>, expected: string): Shape<readonly T[]> {
  const list = listOf(item, expected, { minItems: 1 });
  return {
    schema: { anyOf: [item.schema, list.schema] },
    read(node, inspection) {
      if (isList(node.value)) return list.read(node, inspection);
      const only = item.read(node, inspection);
      return only === undefined ? undefined : [only];
    },
  };
}

/** A map of keys that are free to values of one shape. */
export function mapOf<T>(value: Shape<T>, expected: string): Shape<Readonly<Record<string, T>>> {
  return {
    schema: { type: 'object', additionalProperties: value.schema },
    read(node, inspection) {
      if (!isMap(node.value)) return refuse(inspection, node, expected);
      const names = [...node.value.keys()];
      const values = allThere([...node.value].map(([key, entry]) => value.read(child(node, key, entry), inspection)));
      // fromEntries defines keys, so `__proto__` is one like any other.
      return values && Object.fromEntries(values.map((one, index) => [names[index] ?? '', one]));
    },
  };
}

function allThere<T>(items: readonly (T | undefined)[]): readonly T[] | undefined {
  const there = items.filter((item) => item !== undefined);
  return there.length === items.length ? there : undefined;
}
