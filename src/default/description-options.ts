import type { Context } from '../core/model.js';
import { redactor } from '../core/redact.js';
import { isMap, type Parsed } from '../formats/tree.js';
import type { ConfigOptions } from '../runtime/options.js';
import { configs, defaultName, narrowed, optionsOf, placeOf, refuseSharedCaches, sharedFields } from './description-configs.js';
import { fieldsSchema, optional, readFields, type Fields, type FieldValues } from './description-fields.js';
import { complain, type Inspection, type Issue, type Node } from './description-inspection.js';
import { layers } from './description-layers.js';
import { outputs, type OutputSpec } from './description-outputs.js';
import type { JsonSchema } from './description-shapes.js';
import { sidecar, type SidecarSpec } from './description-sidecar.js';

const descriptionFields = {
  ...sharedFields,
  layers: optional(layers, 'The layers of the config "default", highest priority first.'),
  configs: optional(configs, 'More configs by their names, each with its own layers; for the sidecar.'),
  outputs: optional(outputs, 'Files that the sidecar writes for programs without a client.'),
  sidecar: optional(sidecar, 'Where the sidecar listens, and whom it lets in.'),
} satisfies Fields;

/** What a description says. */
export interface Described {
  readonly configs: Readonly<Record<string, ConfigOptions>>;
  readonly outputs: readonly OutputSpec[];
  readonly sidecar: SidecarSpec;
}

interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a description says, or everything that is wrong with it. */
export function inspect(parsed: Parsed, place: Place): { readonly described: Described | undefined; readonly issues: readonly Issue[] } {
  const root: Node = { path: '', at: 0, value: parsed.root };
  const inspection = inspectionOf(root, parsed, place);
  const values = readFields(root, descriptionFields, inspection);
  expectOneDefault(root, parsed, inspection);
  if (values === undefined || inspection.issues.length > 0) return { described: undefined, issues: inspection.issues };
  const described = describedBy(values, place);
  refuseSharedCaches(described.configs, placeOf(root, 'configs'), inspection);
  return inspection.issues.length > 0 ? { described: undefined, issues: inspection.issues } : { described, issues: [] };
}

function describedBy(values: FieldValues<typeof descriptionFields>, place: Place): Described {
  const { layers: defaultLayers, configs: others = {}, outputs: trees = [], sidecar: daemon = {}, ...shared } = values;
  const own = { ...(defaultLayers && { [defaultName]: { layers: defaultLayers } }), ...others };
  const options = Object.entries(own).map(([name, config]) => [name, optionsOf(name, config, shared, defaultContext(place))] as const);
  return { configs: Object.fromEntries(options), outputs: trees, sidecar: daemon };
}

/** Its layers stand at the top or among the configs. */
function expectOneDefault(root: Node, { root: map }: Parsed, inspection: Inspection): void {
  const others = map.get('configs');
  const among = others !== undefined && isMap(others.value) ? others.value.get(defaultName) : undefined;
  if (!map.has('layers') && among === undefined) complain(inspection, root, 'the key "layers" is missing: the layers, highest priority first');
  if (map.has('layers') && among !== undefined) complain(inspection, { path: `configs.${defaultName}`, at: among.at }, 'expected one place for these layers, found "layers" at the top as well');
}

function inspectionOf(root: Node, parsed: Parsed, place: Place): Inspection {
  const bare = { parsed, ...place, context: defaultContext(place), interpolate: true, isSecret: redactor(), issues: [], configNames: configNames(parsed) };
  return narrowed(bare, root, parsed.root);
}

function configNames({ root }: Parsed): readonly string[] {
  const others = root.get('configs')?.value ?? null;
  const names = isMap(others) ? [...others.keys()] : [];
  return [...new Set([defaultName, ...names])];
}

/** As `createConfig` has it, from the environment that was given. */
function defaultContext({ env }: Place): Context {
  const environment = env.CALUMMA_ENV ?? env.NODE_ENV;
  return environment === undefined ? {} : { environment };
}

/** The whole description, for editors. */
export function rootSchema(): JsonSchema {
  const amongConfigs = { required: ['configs'], properties: { configs: { required: [defaultName] } } };
  return { ...fieldsSchema(descriptionFields), oneOf: [{ required: ['layers'] }, amongConfigs] };
}
