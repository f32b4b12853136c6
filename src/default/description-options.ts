import type { Context } from '../core/model.js';
import { redactor, secretWords } from '../core/redact.js';
import type { Parsed } from '../formats/tree.js';
import type { ConfigOptions } from '../runtime/options.js';
import { mapShape, needed, optional, readFields, readKnown, type Fields } from './description-fields.js';
import type { Inspection, Issue, Node } from './description-inspection.js';
import { layers } from './description-layers.js';
import { anyText, filePath, flag, listOf, mapOf, size, text } from './description-shapes.js';

/** What the rest of a description is read by. */
const firstFields = {
  context: optional(mapOf(anyText, 'a map such as { environment: prod }'), 'Dimensions of the deployment: environment, region, zone, … and any own key.'),
  interpolate: optional(flag, 'Fill in ${…} in values.', true),
  redact: optional(listOf(text, 'a list of words'), 'Keys with one of these words in them have values that are never shown.', secretWords),
} satisfies Fields;

export const descriptionFields = {
  ...firstFields,
  cacheDir: optional(filePath, 'Folder of the disk cache, from the folder of this description.'),
  cache: optional(mapShape({ encrypt: optional(text, '32 bytes in hex or base64, best filled from the environment.') }), 'How the disk cache keeps what it keeps.'),
  maxBytes: optional(size, 'All keys and values together.', '10MB'),
  layers: needed(layers, 'the layers, highest priority first'),
} satisfies Fields;

interface Place {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a description says, or everything that is wrong with it. */
export function inspect(parsed: Parsed, place: Place): { readonly options: ConfigOptions | undefined; readonly issues: readonly Issue[] } {
  const root: Node = { path: '', at: 0, value: parsed.root };
  const inspection = inspectionOf(root, parsed, place);
  const values = readFields(root, descriptionFields, inspection);
  if (values === undefined) return { options: undefined, issues: inspection.issues };
  const { context, cacheDir, ...options } = values;
  return {
    issues: [],
    options: { ...options, context: { ...defaultContext(place), ...context }, ...(cacheDir && { cacheDir: cacheDir.absolute }) },
  };
}

function inspectionOf(root: Node, parsed: Parsed, place: Place): Inspection {
  const bare = { parsed, ...place, context: defaultContext(place), interpolate: true, isSecret: redactor(), issues: [] };
  // Problems among these are told when everything is read.
  const first = readKnown(root, parsed.root, firstFields, { ...bare, issues: [] });
  return {
    ...bare,
    context: { ...bare.context, ...first.context },
    interpolate: first.interpolate ?? true,
    isSecret: redactor([...secretWords, ...(first.redact ?? [])]),
  };
}

/** As `createConfig` has it, from the environment that was given. */
function defaultContext({ env }: Place): Context {
  const environment = env.CALUMMA_ENV ?? env.NODE_ENV;
  return environment === undefined ? {} : { environment };
}
