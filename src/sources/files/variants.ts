import { ConfigError } from '../../core/errors.js';
import type { Context } from '../../core/model.js';
import { quote } from '../../core/redact.js';
import { optionError } from '../../core/check.js';
import { contextValue } from './context.js';

/** Lowest first. */
export const defaultVariants: readonly string[] = [
  '{name}',
  '{name}-{environment}',
  '{name}-{region}',
  '{name}-{environment}-{region}',
];

/** @throws ConfigError `CALUMMA_OPTION` */
export function checkVariants(variants: unknown): asserts variants is readonly string[] {
  const expected = "templates such as '{name}-{environment}'";
  if (!Array.isArray(variants) || variants.length === 0) throw optionError('files({ variants })', expected, variants);
  for (const template of variants as unknown[]) {
    if (typeof template !== 'string' || template === '') throw optionError('files({ variants })', expected, template);
    if (!/[{}\0]/.test(template.replace(/\{[^{}\0]+\}/g, ''))) continue;
    throw new ConfigError('CALUMMA_OPTION', `files({ variants }): expected ${expected}, found ${quote(template)}`);
  }
}

/**
 * The file names, without extension, that the templates give in a context; one whose key is unset is left out.
 *
 * @throws ConfigError `CALUMMA_OPTION` for a context value that would lead to another folder
 */
export function variantNames(name: string, variants: readonly string[], context: Context): string[] {
  const names = variants.map((template) => fill(template, name, context));
  return [...new Set(names.filter((filled) => filled !== undefined))];
}

function fill(template: string, name: string, context: Context): string | undefined {
  const unset: string[] = [];
  const filled = template.replace(/\{([^{}]+)\}/g, (_, key: string) => {
    const value = key === 'name' ? name : contextValue(context, key);
    if (value === undefined) unset.push(key);
    return value ?? '';
  });
  return unset.length === 0 ? filled : undefined;
}
