import type { StandardSchema } from '../core/types/index.js';

/** Whether this is what zod, valibot, arktype and others make. Some make functions. */
export function isSchema(value: unknown): value is StandardSchema<object> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
