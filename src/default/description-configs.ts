import path from 'node:path';

import type { Context } from '../core/model.js';
import { redactor, secretWords } from '../core/redact.js';
import { isMap, type TreeMap } from '../formats/tree.js';
import type { ConfigOptions } from '../runtime/options.js';
import { fieldsSchema, mapShape, needed, optional, readFields, readKnown, type Fields, type FieldValues } from './description-fields.js';
import { child, complain, found, type Inspection, type Node } from './description-inspection.js';
import { layers } from './description-layers.js';
import { anyText, filePath, flag, listOf, mapOf, size, text, type Shape } from './description-shapes.js';

/** What the rest of a config is read by. */
const firstFields = {
  context: optional(mapOf(anyText, 'a map such as { environment: prod }'), 'Dimensions of the deployment: environment, region, zone, … and any own key.'),
  interpolate: optional(flag, 'Fill in ${…} in values.', true),
  redact: optional(listOf(text, 'a list of words'), 'Keys with one of these words in them have values that are never shown.', secretWords),
} satisfies Fields;

/** What a config may have beside its layers; what stands at the top serves every namespace that does not say otherwise. */
export const sharedFields = {
  ...firstFields,
  cacheDir: optional(filePath, 'Folder of the disk cache, from the folder of this description.'),
  cache: optional(mapShape({ encrypt: optional(text, '32 bytes in hex or base64, best filled from the environment.') }), 'How the disk cache keeps what it keeps.'),
  maxBytes: optional(size, 'All keys and values together.', '10MB'),
} satisfies Fields;

const configFields = { ...sharedFields, layers: needed(layers, 'the layers, highest priority first') } satisfies Fields;

type Shared = FieldValues<typeof sharedFields>;
type Own = FieldValues<typeof configFields>;

/** The namespace that the library, the command line and `GET /v1/config/default` mean when nobody says another. */
export const defaultName = 'default';

/** A namespace is a path segment, of addresses and of files. */
const namePattern = '^[A-Za-z0-9_-][A-Za-z0-9._-]*$';

const config: Shape<Own> = {
  schema: fieldsSchema(configFields),
  read: (node, inspection) => readFields(node, configFields, isMap(node.value) ? narrowed(inspection, node, node.value) : inspection),
};

/** More cascades than one, by their names. */
export const configs: Shape<Readonly<Record<string, Own>>> = {
  schema: { type: 'object', propertyNames: { pattern: namePattern }, additionalProperties: config.schema },
  read(node, inspection) {
    if (!isMap(node.value)) {
      complain(inspection, node, `expected a map of names to { layers: [...] }, found ${found(inspection, node)}`);
      return undefined;
    }
    for (const [name, { at }] of node.value) {
      if (!new RegExp(namePattern).test(name)) complain(inspection, { path: node.path, at }, `expected a name of letters, digits, ".", "_" and "-", found ${JSON.stringify(name)}`);
    }
    return mapOf(config, '').read(node, inspection);
  },
};

/** The same inspection with what a config says of itself, which is needed to read the rest of it. */
export function narrowed(inspection: Inspection, node: Node, map: TreeMap): Inspection {
  // Problems among these are told when everything is read.
  const first = readKnown(node, map, firstFields, { ...inspection, issues: [] });
  return {
    ...inspection,
    context: { ...inspection.context, ...first.context },
    interpolate: first.interpolate ?? inspection.interpolate,
    ...(first.redact && { isSecret: redactor([...secretWords, ...first.redact]) }),
  };
}

/** The options of one config: what it says itself, on top of what stands at the top of the description. */
export function optionsOf(name: string, own: Own, shared: Shared, surrounding: Context): ConfigOptions {
  const { context, cacheDir, ...options } = own;
  const { context: sharedContext, cacheDir: sharedDir, ...sharedOptions } = shared;
  const folder = cacheDir?.absolute ?? (sharedDir && folderOf(name, sharedDir.absolute));
  return {
    ...sharedOptions,
    ...options,
    context: { ...surrounding, ...sharedContext, ...context },
    ...(folder !== undefined && { cacheDir: folder }),
  };
}

/** Layers of two namespaces may have one name, and a file of the disk cache is called after its layer. */
function folderOf(name: string, cacheDir: string): string {
  return name === defaultName ? cacheDir : path.join(cacheDir, name);
}

/** Writes down where two namespaces would keep their caches in one folder. */
export function refuseSharedCaches(options: Readonly<Record<string, ConfigOptions>>, node: Node, inspection: Inspection): void {
  const owners = new Map<string, string>();
  for (const [name, { cacheDir }] of Object.entries(options)) {
    if (cacheDir === undefined) continue;
    const owner = owners.get(cacheDir);
    if (owner === undefined) owners.set(cacheDir, name);
    else complain(inspection, placeOf(node, name), `expected a cacheDir of its own, found that of ${JSON.stringify(owner)}`);
  }
}

/** Where a namespace stands. */
export function placeOf(node: Node, name: string): Node {
  const entry = isMap(node.value) ? node.value.get(name) : undefined;
  return entry === undefined ? node : child(node, name, entry);
}
