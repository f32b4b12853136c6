import type { FullReading, Source } from '../core/model.js';
import { stillSource } from './still.js';
import { entriesOf, type EntriesInput } from '../core/entries.js';
import { checkOptions, checkText } from '../core/check.js';

export interface ValuesOptions {
  /** The layer's name, and the first word of its origins. Default `values`. */
  readonly name?: string;
}

/**
 * A constant layer: defaults compiled into the program.
 *
 * What is given is copied, so that changing it afterwards changes nothing. Numbers, booleans and bigints become text;
 * an object lends its own enumerable keys only. Origins read `values:<key>`.
 *
 * @param record an object, a Map, or pairs of key and value
 * @throws ConfigError `CALUMMA_OPTION` naming the key whose value is null, undefined or an object
 * @example const defaults = values({ 'gateway.limit': 100 }, { name: 'defaults' });
 */
export function values(record: EntriesInput, options: ValuesOptions = {}): Source {
  checkOptions('values', options, ['name']);
  const { name = 'values' } = options;
  checkText('values({ name })', name);
  const entries = entriesOf('values(record)', record);
  const reading: FullReading = {
    kind: 'full',
    entries,
    locate: (key) => (entries.has(key) ? `${name}:${key}` : undefined),
  };
  return stillSource(name, () => reading);
}
