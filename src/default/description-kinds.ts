import path from 'node:path';

import { args } from '../sources/args.js';
import { env } from '../sources/env.js';
import { directory } from '../sources/files/directory.js';
import { file } from '../sources/files/file.js';
import { files } from '../sources/files/files.js';
import { values } from '../sources/values.js';
import { entries } from './description-entries.js';
import { needed, optional } from './description-fields.js';
import { kind, type Kind } from './description-kind.js';
import { anyText, choice, filePath, flag, formatName, listOf, spanOrNone, text, type DescribedPath } from './description-shapes.js';
import { stores } from './description-stores.js';

const encoding = optional(choice(['utf8', 'latin1']), 'latin1 is what java.util.Properties reads from a stream.', 'utf8');
const watch = optional(flag, 'Follow changes.', true);
const removalGraceMs = optional(spanOrNone, 'How long a file must have been gone before that counts.', '2s');

/** The kinds by the key they stand under. One entry is all that a kind needs: the reader and the JSON Schema follow. */
export const kinds: Readonly<Record<string, Kind>> = {
  args: kind('The command line: --gateway.limit=50', {}, () => args()),
  env: kind(
    'The environment: GATEWAY_LIMIT=50 answers gateway.limit.',
    { prefix: optional(anyText, 'Only variables whose names begin so.', '') },
    (options, surroundings) => env({ ...options, environment: surroundings.env }),
  ),
  values: kind(
    'Properties that stand right here.',
    {
      entries: needed(entries, 'Keys and values; nested maps become dotted keys.'),
      name: optional(text, 'First word of the origins, and the name of the layer.', 'values'),
    },
    ({ entries: record, ...options }) => values(record, options),
  ),
  file: kind(
    'One file, followed also while it does not exist.',
    {
      path: needed(filePath, 'The file, from the folder of this description.'),
      format: optional(formatName, 'Default: by the extension.'),
      encoding,
      watch,
      required: optional(flag, 'A missing file is an error, and the last reading stays.', false),
      removalGraceMs,
    },
    ({ path: place, ...options }) => file(shown(place), { name: `file:${place.written}`, ...options }),
  ),
  files: kind(
    'Files named by the deployment: application.properties, application-prod.yaml, …',
    {
      name: needed(text, 'The name all of them begin with, without folders and extension.'),
      in: optional(listOf(filePath, 'a list of folders', { minItems: 1 }), 'Folders, from the folder of this description; the first wins.', ['.']),
      variants: optional(
        listOf(text, "a list of templates such as '{name}-{environment}'", { minItems: 1 }),
        'Templates of file names, lowest first.',
        ['{name}', '{name}-{environment}', '{name}-{region}', '{name}-{environment}-{region}'],
      ),
      formats: optional(listOf(formatName, 'a list of formats', { minItems: 1 }), 'Default: all, .properties first.'),
      encoding,
      watch,
      removalGraceMs,
    },
    ({ name, in: folders, ...options }, { folder }) => {
      const places = folders ?? [{ written: '.', absolute: folder }];
      return files({ name, in: places.map(shown) }, { name: filesName(name, places), ...options });
    },
  ),
  directory: kind(
    'A folder with one file a key, as Kubernetes and Docker mount them.',
    { path: needed(filePath, 'The folder, from the folder of this description.'), encoding, watch, removalGraceMs },
    ({ path: place, ...options }) => directory(shown(place), { name: `directory:${place.written}`, ...options }),
  ),
  ...stores,
};

/** As origins show it: short when it lies in the working folder, which is where the sources resolve it at once. */
function shown({ absolute }: DescribedPath): string {
  const relative = path.relative(process.cwd(), absolute);
  const inside = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  return inside ? relative : absolute;
}

/** As `files()` names itself, by the folders as they are written: the name must not depend on the working folder. */
function filesName(name: string, places: readonly DescribedPath[]): string {
  const [only] = places;
  if (only !== undefined && places.length === 1) return `files:${path.join(only.written, name)}`;
  return `files:{${places.map(({ written }) => written).join(',')}}/${name}`;
}
