import { ConfigError } from '../core/errors.js';
import type { LayerSpec } from '../runtime/options.js';
import { isList, isMap, type Tree, type TreeMap } from '../formats/tree.js';
import { fieldsSchema, optional, readFields, readKnown, unknownKey, type Fields } from './description-fields.js';
import { child, complain, fill, found, type Inspection, type Node } from './description-inspection.js';
import type { Kind } from './description-kind.js';
import { kinds } from './description-kinds.js';
import { choice, flag, size, span, text, type JsonSchema, type Shape } from './description-shapes.js';

/** What any layer may have beside its kind. */
const layerFields = {
  name: optional(text, 'Name of the layer. Default: what the source calls itself.'),
  required: optional(flag, 'ready() fails while this layer has nothing.', false),
  maxStalenessMs: optional(span, 'How long the layer may be out of touch before it is overdue.', '10s'),
  maxBytes: optional(size, 'What this layer may hold. Default: what the whole config may.'),
  deletes: optional(choice(['apply', 'ignore']), 'ignore: a key that disappears from the source stays.', 'apply'),
  massRemoval: optional(choice(['confirm', 'allow', 'refuse']), 'What to do with a reading that removes over 30 % of a remote layer.', 'confirm'),
} satisfies Fields;

const kindNames = Object.keys(kinds);
const layerKeys = Object.keys(layerFields);

/** A kind as it stands in a layer. */
interface Chosen {
  readonly name: string;
  readonly kind: Kind;
  readonly at: number;
  readonly value: Tree;
}

/** One layer: `env`, `env: {}`, or a kind with layer options beside it. */
const layer: Shape<LayerSpec> = {
  schema: { $ref: '#/$defs/layer' },
  read(node, inspection) {
    if (isMap(node.value)) return readLayer(node, node.value, inspection);
    const chosen = typeof node.value === 'string' ? bareKind(node, node.value, inspection) : noLayer(node, inspection);
    const source = chosen && makeSource(node, chosen, inspection);
    return source && { source };
  },
};

/** The cascade, highest priority first. Names must differ, as `createConfig` wants it. */
export const layers: Shape<readonly LayerSpec[]> = {
  schema: { type: 'array', items: layer.schema },
  read(node, inspection) {
    if (!isList(node.value)) {
      complain(inspection, node, `expected a list of layers, highest priority first, found ${found(inspection, node)}`);
      return undefined;
    }
    const names = new Set<string>();
    const specs: LayerSpec[] = [];
    for (const [index, entry] of node.value.entries()) {
      const place: Node = { path: `${node.path}[${index}]`, ...entry };
      const spec = layer.read(place, inspection);
      if (spec === undefined) continue;
      refuseSecond(names, spec.name ?? spec.source.name, place, inspection);
      specs.push(spec);
    }
    return specs;
  },
};

function refuseSecond(names: Set<string>, name: string, place: Node, inspection: Inspection): void {
  if (names.has(name)) complain(inspection, place, `a second layer is called ${JSON.stringify(name)}; give one of them a name: …`);
  names.add(name);
}

function bareKind(node: Node, written: string, inspection: Inspection): Chosen | undefined {
  const name = fill(inspection, node, written);
  if (name === undefined) return undefined;
  const kind = kindOf(name);
  if (kind !== undefined) return { name, kind, at: node.at, value: null };
  // A text that is no word may be anything, a password too.
  if (/^[\w-]+$/.test(name)) complain(inspection, node, unknownKey(name, kindNames, 'kind of layer'));
  else noLayer(node, inspection);
  return undefined;
}

function noLayer(node: Node, inspection: Inspection): undefined {
  complain(inspection, node, `expected a layer such as "env: {}", found ${found(inspection, node)}; allowed kinds: ${kindNames.join(', ')}`);
  return undefined;
}

function kindOf(name: string): Kind | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

function readLayer(node: Node, map: TreeMap, inspection: Inspection): LayerSpec | undefined {
  const before = inspection.issues.length;
  const chosen = chooseKind(node, map, inspection);
  const options = readKnown(node, map, layerFields, inspection);
  const source = chosen && makeSource(node, chosen, inspection);
  if (source === undefined || inspection.issues.length > before) return undefined;
  return { source, ...options };
}

/** The one kind of a layer; every key that has no business in it is written down. */
function chooseKind(node: Node, map: TreeMap, inspection: Inspection): Chosen | undefined {
  const chosen: Chosen[] = [];
  const strangers: [key: string, at: number][] = [];
  for (const [name, { at, value }] of map) {
    const kind = kindOf(name);
    if (kind !== undefined) chosen.push({ name, kind, at, value });
    else if (!layerKeys.includes(name)) strangers.push([name, at]);
  }
  const [first, second] = chosen;
  for (const [key, at] of strangers) complain(inspection, { path: node.path, at }, strangerIn(key, first));
  if (first === undefined && strangers.length === 0) {
    complain(inspection, node, `expected a kind of layer, found none; allowed: ${kindNames.join(', ')}`);
  }
  // `- file:` with its options beside it: that they are missing in it needs no saying.
  if (first?.value === null && strangers.some(([key]) => Object.hasOwn(first.kind.fields, key))) return undefined;
  if (second === undefined) return first;
  complain(inspection, { path: node.path, at: second.at }, `expected one kind of layer, found ${first?.name ?? ''} and ${second.name}; begin another layer with "- "`);
  return undefined;
}

function strangerIn(key: string, chosen: Chosen | undefined): string {
  if (chosen === undefined) return unknownKey(key, [...kindNames, ...layerKeys], 'kind of layer');
  if (!Object.hasOwn(chosen.kind.fields, key)) return unknownKey(key, layerKeys);
  return `the key "${key}" belongs into "${chosen.name}": indent it below that`;
}

function makeSource(node: Node, { name, kind, at, value }: Chosen, inspection: Inspection): LayerSpec['source'] | undefined {
  const place = child(node, name, { at, value });
  const options = readFields(place, kind.fields, inspection);
  if (options === undefined || !chosenWell(place, kind, Object.keys(options), inspection)) return undefined;
  try {
    // The fields of a kind and what it makes of them are tied together where it is written down.
    return kind.make(options as never, inspection);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(inspection, place, error.message, error);
    return undefined;
  }
}

/** Whether there are as many options of a choice as there may be; if not, that is written down. */
function chosenWell(place: Node, { choice }: Kind, given: readonly string[], inspection: Inspection): boolean {
  const chosen = choice?.of.filter((option) => given.includes(option)) ?? [];
  if (choice === undefined || chosen.length === 1 || (chosen.length === 0 && !choice.needed)) return true;
  complain(inspection, place, `expected ${choice.needed ? 'either ' : 'at most one of '}${choice.of.join(choice.needed ? ' or ' : ' and ')}, found ${chosen.length === 0 ? 'none' : 'both'}`);
  return false;
}

/** The same for editors. */
function choiceSchema({ choice }: Kind): JsonSchema {
  if (choice === undefined) return {};
  const each = choice.of.map((option) => ({ required: [option] }));
  return choice.needed ? { oneOf: each } : { not: { required: choice.of } };
}

export function layerSchema(): JsonSchema {
  const { properties } = fieldsSchema(layerFields);
  return {
    anyOf: [
      { enum: kindNames.filter((name) => !needsOptions(name)) },
      { $ref: '#/$defs/reference' },
      {
        type: 'object',
        additionalProperties: false,
        properties: { ...Object.fromEntries(kindNames.map((name) => [name, { $ref: `#/$defs/${name}` }])), ...(properties as object) },
        oneOf: kindNames.map((name) => ({ required: [name] })),
      },
    ],
  };
}

export function kindSchemas(): JsonSchema {
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kindSchema(name, kind)]));
}

function kindSchema(name: string, kind: Kind): JsonSchema {
  const { about, fields } = kind;
  return { description: about, ...fieldsSchema(fields), ...choiceSchema(kind), type: needsOptions(name) ? 'object' : ['object', 'null'] };
}

function needsOptions(name: string): boolean {
  const kind = kinds[name];
  return kind?.choice?.needed === true || Object.values(kind?.fields ?? {}).some(({ required }) => required);
}
