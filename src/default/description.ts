import path from 'node:path';

import { checkOptions, checkText } from '../core/check.js';
import { ConfigError, DescriptionError, FormatError, SourceError } from '../core/errors.js';
import type { Parsed, TreeMap } from '../formats/tree.js';
import { parseYamlDocument } from '../formats/yaml.js';
import type { Config } from '../runtime/config.js';
import type { ConfigOptions } from '../runtime/options.js';
import { decode, maxFileBytes } from '../sources/files/content.js';
import { readFileNow } from '../sources/watch/read.js';
import { createConfig } from './create.js';
import { defaultName } from './description-configs.js';
import { type Described, inspect } from './description-options.js';
import type { Issue } from './description-inspection.js';
import { sayTheSame } from './description-same.js';
import { suggestion } from '../core/nearest.js';

/** What a `calumma.yaml` says. */
export interface Description extends Described {
  /** Of the config `default`, which the library uses: the layers at the top. */
  readonly options: ConfigOptions;
  /** Of all configs by their names, `default` among them. */
  readonly configs: Readonly<Record<string, ConfigOptions>>;
}

export interface ConfigFromFileOptions {
  /** Which of `configs:`. Default `default`: the layers at the top. */
  readonly name?: string;
}

/**
 * Reads a `calumma.yaml`: one description for the library, the command line and the sidecar.
 *
 * `${env:NAME:default}`, `${sys:…}` and `${@environment}` are filled in before anything is checked. Relative paths start
 * at the folder of the description. Nothing that it names is read yet.
 *
 * @param filePath absolute, or relative to the working folder
 * @param env where `${env:…}` and the `env` layers look. Default `process.env`
 * @throws ConfigError       `CALUMMA_OPTION` when the path is no text
 * @throws SourceError       `CALUMMA_SOURCE` when there is no such file or it cannot be read
 * @throws FormatError       `CALUMMA_FORMAT` when it is no YAML
 * @throws DescriptionError  `CALUMMA_DESCRIPTION` with everything that is not allowed in it, each with its place
 * @example const { options } = readDescription('calumma.yaml');
 */
export function readDescription(filePath: string, env: NodeJS.ProcessEnv = process.env): Description {
  checkText('the path of a description', filePath);
  const parsed = parse(filePath, readText(filePath));
  const { described, issues } = inspect(parsed, { folder: path.dirname(path.resolve(filePath)), env });
  const options = described?.configs[defaultName];
  if (described === undefined || options === undefined) throw failure(filePath, issues);
  const description = { ...described, options };
  roots.set(description, parsed.root);
  return description;
}

/** What a description was read from. */
const roots = new WeakMap<Description, TreeMap>();

/**
 * Whether two readings of a description say the same of one config, so that it need not be made anew: for daemons that read theirs again.
 *
 * @param name of a config, such as `default`
 * @throws ConfigError `CALUMMA_OPTION` for what {@link readDescription} has not given
 * @example
 * const before = readDescription('calumma.yaml');
 * describesSame(before, readDescription('calumma.yaml'), 'default'); // true
 */
export function describesSame(before: Description, after: Description, name: string): boolean {
  const [was, is] = [roots.get(before), roots.get(after)];
  if (was === undefined || is === undefined) throw new ConfigError('CALUMMA_OPTION', 'describesSame: expected two descriptions from readDescription(), found something else');
  return sayTheSame(was, is, name);
}

/**
 * The config that a `calumma.yaml` describes.
 *
 * @throws as {@link readDescription}, and ConfigError `CALUMMA_OPTION` when no config has this name
 * @example
 * const config = configFromFile('calumma.yaml');
 * await config.ready();
 */
export function configFromFile(filePath: string, options: ConfigFromFileOptions = {}): Config {
  checkOptions('configFromFile', options, ['name']);
  const { name = defaultName } = options;
  const { configs } = readDescription(filePath);
  const found = Object.hasOwn(configs, name) ? configs[name] : undefined;
  if (found === undefined) throw new ConfigError('CALUMMA_OPTION', `${filePath}: no config is called ${JSON.stringify(name)};${suggestion(name, Object.keys(configs))}`);
  return createConfig(found);
}

function readText(filePath: string): string {
  const content = readFileNow(filePath);
  const what = `${filePath}: expected a description such as calumma.yaml`;
  if (content.kind === 'missing') throw new SourceError(`${what}, found no such file`);
  if (content.kind === 'unreadable') throw new SourceError(`${what}, found something that cannot be read: ${content.error.message}`, { cause: content.error });
  if (content.bytes.length > maxFileBytes) throw new SourceError(`${what}, found more than ${maxFileBytes} bytes`);
  return located(filePath, () => decode('yaml', content.bytes, 'utf8'));
}

function parse(filePath: string, text: string): Parsed {
  return located(filePath, () => parseYamlDocument(text));
}

function located<T>(filePath: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FormatError ? error.in(filePath) : error;
  }
}

function failure(filePath: string, issues: readonly Issue[]): DescriptionError {
  const sorted = [...issues].sort((a, b) => a.line - b.line || a.column - b.column);
  const causes = sorted.flatMap(({ cause }) => (cause === undefined ? [] : [cause]));
  const cause = causes.length > 1 ? new AggregateError(causes, 'several causes') : causes[0];
  return new DescriptionError(filePath, sorted.map(({ message, line, column, path: at }) => ({ message, line, column, path: at })), { cause });
}
