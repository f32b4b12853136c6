import { ConfigError } from '../../core/errors.js';
import type { Context } from '../../core/model.js';

/**
 * A context value that may become part of a file name; `undefined` when it is unset or empty.
 *
 * @throws ConfigError `CALUMMA_OPTION` for a value that would lead to another folder: it may come from the environment
 */
export function contextValue(context: Context, key: string): string | undefined {
  const value = Object.hasOwn(context, key) ? context[key] : undefined;
  if (value === undefined || value === '') return undefined;
  if (!/[/\\\0]|\.\./.test(value)) return value;
  throw new ConfigError(
    'CALUMMA_OPTION',
    `context.${key}: expected a value without "/", "\\", ".." and NUL, as it becomes part of a file name, found one with them`,
  );
}
