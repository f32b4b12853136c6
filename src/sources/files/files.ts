import path from 'node:path';

import type { Context, Source } from '../../core/model.js';
import type { Format } from '../../formats/format.js';
import { allFormats, type FormatLike } from '../../formats/registry.js';
import { checkOptions, checkText, optionError } from '../../core/check.js';
import type { FileSpec } from './document.js';
import { commonOf, commonOptions, formatOption, type Common, type CommonFileOptions } from './file-options.js';
import { FileSet } from './file-set.js';
import type { Gathering } from './gathering.js';
import { followFiles } from './follow.js';
import { checkVariants, defaultVariants, variantNames } from './variants.js';

export interface FilesOptions extends CommonFileOptions {
  /**
   * Templates of file names, lowest first; `{name}` and any key of the context. One whose key is unset is left out.
   * Default: `{name}`, `{name}-{environment}`, `{name}-{region}`, `{name}-{environment}-{region}`.
   */
  readonly variants?: readonly string[];
  /** Formats or their names; where a key stands in two of one variant, the first wins. Default: all, `.properties` first. */
  readonly formats?: readonly (string | FormatLike)[];
}

/** A name without extension, and the folders it is looked for in: where two have the same variant, the first wins. */
export interface FilesBase {
  readonly name: string;
  readonly in: readonly string[];
}

/**
 * A set of files named by the deployment: `application.properties`, `application-prod.yaml`, … All of them are
 * followed, also those that do not exist yet. `.properties` files may include others with `@next`.
 * Origins read `file:<path>:<line>`.
 *
 * All or nothing: while one of the files does not parse or cannot be read, the last reading of all stays.
 *
 * @param base path without extension, or a name and its folders
 * @param options.name default `files:<base>`
 * @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_UNKNOWN_FORMAT`
 * @example const application = files('config/application', { variants: ['{name}', '{name}-{datacenter}'] });
 */
export function files(base: string | FilesBase, options: FilesOptions = {}): Source {
  const { name, folders, shown } = readBase(base);
  checkOptions('files', options, ['variants', 'formats', ...commonOptions]);
  const common = commonOf('files', options, `files:${shown}`);
  const { variants = defaultVariants } = options;
  checkVariants(variants);
  const formats = formatsOf(options.formats);
  // Resolved now: the working folder may be another one when the files are read.
  const places = folders.map((folder) => ({ folder, absolute: path.resolve(folder) }));
  const begin = (context: Context, before: Gathering | undefined) => {
    const names = variantNames(name, variants, context);
    return new FileSet(names.flatMap((variant) => specsOf(variant, places, formats, common)), context, before);
  };
  return followFiles({ name: common.name, watch: common.watch, observer: common.observer, begin });
}

interface Base {
  readonly name: string;
  readonly folders: readonly string[];
  readonly shown: string;
}

function readBase(base: string | FilesBase): Base {
  if (typeof base === 'string') {
    checkText('files(base)', base);
    const name = path.basename(base);
    if (/^\.*$/.test(name) || /[/\\]$/.test(base)) throw optionError('files(base)', 'a path that ends in a name', base);
    return { name, folders: [path.dirname(base)], shown: base };
  }
  checkOptions('files', base, ['name', 'in']);
  const { name, in: folders } = base;
  checkText('files({ name })', name);
  if (name !== path.basename(name)) throw optionError('files({ name })', 'a name without folders', name);
  if (!Array.isArray(folders) || folders.length === 0) throw optionError('files({ in })', 'a list of folders', folders);
  for (const folder of folders as unknown[]) checkText('files({ in })', folder);
  return { name, folders, shown: shownBase(name, folders) };
}

function shownBase(name: string, folders: readonly string[]): string {
  const [only] = folders;
  return only !== undefined && folders.length === 1 ? path.join(only, name) : `{${folders.join(',')}}/${name}`;
}

/** Highest first. */
function formatsOf(given: FilesOptions['formats']): readonly Format[] {
  if (given === undefined) {
    const isProperties = ({ name }: Format) => name === 'properties';
    return [...allFormats().filter(isProperties), ...allFormats().filter((format) => !isProperties(format))];
  }
  const list: unknown = given;
  if (!Array.isArray(list) || list.length === 0) throw optionError('files({ formats })', 'a list of formats or names', list);
  return given.map((format) => formatOption('files({ formats })', format));
}

interface Place {
  readonly folder: string;
  readonly absolute: string;
}

/** The files of one variant, lowest first. */
function specsOf(variant: string, places: readonly Place[], formats: readonly Format[], common: Common): FileSpec[] {
  const highestFirst = places.flatMap(({ folder, absolute }) =>
    formats.flatMap((format) =>
      format.extensions.map((extension) => ({
        path: path.join(absolute, variant + extension),
        shown: path.join(folder, variant + extension),
        format,
        encoding: common.encoding,
        required: false,
        group: path.join(absolute, variant),
      })),
    ),
  );
  return highestFirst.reverse();
}
