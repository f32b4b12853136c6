/**
 * The one grammar of values. All but `string` drop the blanks around the text; none accepts other digits than 0 to 9.
 *
 * | type       | text                                                                       | value                        |
 * |------------|----------------------------------------------------------------------------|------------------------------|
 * | `string`   | anything, untouched                                                        | string                       |
 * | `boolean`  | `true yes on t y 1`, `false no off f n 0`, any case                        | boolean                      |
 * | `int`      | `[+-]digits`, up to ±(2⁵³ − 1)                                             | number                       |
 * | `number`   | `1.5 .5 5. -2e3`, finite                                                   | number                       |
 * | `bigint`   | `[+-]digits`                                                               | bigint                       |
 * | `duration` | `500ms 10s 5m 2h 1d 1w 1.5s 1h30m PT10S P1DT2H`, bare number = ms          | number of ms                 |
 * | `bytes`    | `512 512B 10KB 10MiB 1.5 GB 10k`, 1 K = 1024                               | number of bytes              |
 * | `date`     | `2024-02-29T12:30:15.250+02:00`, no time = 00:00, no offset = UTC, integer = ms since 1970 | Date         |
 * | `href`     | an absolute URL                                                            | URL                          |
 * | `oneOf`    | one of the allowed texts, exactly                                          | that text                    |
 * | `list`     | `a, b\,c`; escapes `\,` `\\` `\ `; blanks around items and empty items go; no quotes | frozen array  |
 * | `set`      | as `list`, each item once                                                  | ReadonlySet, as written      |
 * | `map`      | `a=1, b=x=y`: first `=` divides; `\=` besides the escapes of `list`        | ReadonlyMap, as written      |
 * | `json`     | JSON, then a Standard Schema if given                                      | frozen                       |
 */
export * from './bytes.js';
export * from './choice.js';
export * from './collections.js';
export * from './contextual.js';
export * from './custom.js';
export * from './date.js';
export * from './duration.js';
export * from './href.js';
export * from './json.js';
export * from './numbers.js';
export * from './scalars.js';
export * from './schema.js';
export type { TypeSpec } from './builder.js';
export type { ElementParser, Spec, TypeBuilder, ValueType } from './type.js';
