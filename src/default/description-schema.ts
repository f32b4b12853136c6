import { kindSchemas, layerSchema } from './description-layers.js';
import { rootSchema } from './description-options.js';
import { reference, type JsonSchema } from './description-shapes.js';

/**
 * The JSON Schema of `calumma.yaml`, made from the very table it is read by. It ships as `calumma/calumma.schema.json`;
 * an editor completes and checks a description that begins with
 *
 * ```yaml
 * # yaml-language-server: $schema=./node_modules/calumma/calumma.schema.json
 * ```
 */
export function descriptionSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'calumma.yaml',
    description: 'Layers of configuration, highest priority first, for the library, the command line and the sidecar.',
    ...rootSchema(),
    $defs: {
      reference: { ...reference, description: 'Filled from the environment: ${env:NAME:default}' },
      layer: layerSchema(),
      ...kindSchemas(),
    },
  };
}
