import path from 'node:path';

import { checkText } from '../core/check.js';
import { DescriptionError, FormatError, SourceError } from '../core/errors.js';
import type { Parsed } from '../formats/tree.js';
import { parseYamlDocument } from '../formats/yaml.js';
import type { Config } from '../runtime/config.js';
import type { ConfigOptions } from '../runtime/options.js';
import { decode, maxFileBytes } from '../sources/files/content.js';
import { readFileNow } from '../sources/watch/read.js';
import { createConfig } from './create.js';
import { inspect } from './description-options.js';
import type { Issue } from './description-inspection.js';

/** What a `calumma.yaml` says. */
export interface Description {
  readonly options: ConfigOptions;
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
  const { options, issues } = inspect(parsed, { folder: path.dirname(path.resolve(filePath)), env });
  if (options === undefined) throw failure(filePath, issues);
  return { options };
}

/**
 * The config that a `calumma.yaml` describes.
 *
 * @throws as {@link readDescription}
 * @example
 * const config = configFromFile('calumma.yaml');
 * await config.ready();
 */
export function configFromFile(filePath: string): Config {
  return createConfig(readDescription(filePath).options);
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
