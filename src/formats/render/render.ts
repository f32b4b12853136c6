import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { type EntriesInput, entriesOf } from '../../core/entries.js';
import { renderProperties } from '../properties-render.js';
import { renderEnv } from './environment.js';
import { renderJson, renderTyped } from './json.js';
import { renderYaml } from './yaml.js';

const renderers = {
  properties: renderProperties,
  env: renderEnv,
  json: renderJson,
  typed: renderTyped,
  yaml: renderYaml,
} as const;

/** A way to write entries down. */
export type RenderFormat = keyof typeof renderers;

/** What {@link render} can write. */
export const renderFormats = Object.freeze(Object.keys(renderers)) as readonly RenderFormat[];

/**
 * Entries as a text.
 *
 * `properties`, `json` and `yaml` read back as the same entries, whatever stands in them; the latter two are one flat map of texts. `env`
 * is for shells, and dotenv as far as it agrees with them: names as MicroProfile has them, `GATEWAY_LIMIT`. `typed` is JSON for programs that want a tree: numbers and
 * booleans where the text is how JSON would write them, lists from `a[0]`; where a key has a value and keys below it, the keys count.
 *
 * @param entries in the order to be written; of two with one key the last counts
 * @throws ConfigError `CALUMMA_UNKNOWN_FORMAT`; `CALUMMA_OPTION` for entries that are none, and for what an environment cannot hold;
 *   `CALUMMA_COLLISION` when two keys with different values have one name in the environment
 * @example render({ 'gateway.limit': 50 }, 'env'); // 'GATEWAY_LIMIT=50\n'
 */
export function render(entries: EntriesInput, format: RenderFormat): string {
  // From a program without types anything may come.
  if (!Object.hasOwn(renderers, format)) {
    throw new ConfigError('CALUMMA_UNKNOWN_FORMAT', `render: expected ${renderFormats.join(', ')}, found ${quote(format)}`);
  }
  return renderers[format](entriesOf('render(entries)', entries));
}
