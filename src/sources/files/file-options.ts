import { quote } from '../../core/redact.js';
import { ConfigError } from '../../core/errors.js';
import type { Format, TextEncoding } from '../../formats/format.js';
import { asFormat, formatNamed, type FormatLike } from '../../formats/registry.js';
import { checkFlag, checkMs, checkText, kindOf, optionError } from '../../core/check.js';
import type { ObserverOptions } from '../watch/contract.js';

/** What all sources over files take. */
export interface CommonFileOptions {
  /** `latin1` is what `java.util.Properties` read from a stream. Default `utf8`. */
  readonly encoding?: TextEncoding;
  /** Whether changes are followed; otherwise files are read again on `refresh()`. Default true. */
  readonly watch?: boolean;
  /** ms a file must have been gone before that counts: editors and deployments make files vanish for a moment. Default 2_000. */
  readonly removalGraceMs?: number;
  /** The layer's name. */
  readonly name?: string;
}

export const commonOptions = ['encoding', 'watch', 'removalGraceMs', 'name'] as const;

export interface Common {
  readonly encoding: TextEncoding;
  readonly watch: boolean;
  readonly observer: ObserverOptions;
  readonly name: string;
}

/** @throws ConfigError `CALUMMA_OPTION` */
export function commonOf(fn: string, options: CommonFileOptions, defaultName: string): Common {
  const { encoding = 'utf8', watch = true, removalGraceMs, name = defaultName } = options;
  checkText(`${fn}({ name })`, name);
  checkFlag(`${fn}({ watch })`, watch);
  checkEncoding(`${fn}({ encoding })`, encoding);
  if (removalGraceMs !== undefined) checkMs(`${fn}({ removalGraceMs })`, removalGraceMs);
  return { encoding, watch, name, observer: removalGraceMs === undefined ? {} : { removalGraceMs } };
}

function checkEncoding(what: string, value: unknown): void {
  if (value === 'utf8' || value === 'latin1') return;
  const found = typeof value === 'string' ? quote(value) : kindOf(value);
  throw new ConfigError('CALUMMA_OPTION', `${what}: expected "utf8" or "latin1", found ${found}`);
}

/**
 * The format that an option names.
 *
 * @throws ConfigError `CALUMMA_UNKNOWN_FORMAT` with the known names, `CALUMMA_OPTION` when it is no format at all
 */
export function formatOption(what: string, format: string | FormatLike | Format): Format {
  if (typeof format === 'string') return formatNamed(format);
  if (typeof format !== 'object' || (format as unknown) === null) throw optionError(what, 'a name or a format', format);
  return asFormat(format);
}
