import { ConfigError } from '../errors.js';
import { mask } from '../redact.js';

/**
 * What zod, valibot, arktype and others have in common (https://standardschema.dev), as far as it is used here: written down so
 * that the core depends on nothing.
 */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

export type SchemaResult<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Validates at once.
 *
 * @throws ConfigError CALUMMA_VALIDATION with every issue and its path, what was found left out of the messages;
 *   CALUMMA_OPTION when the schema is asynchronous, which a value that is read without waiting cannot be
 */
export function validate<T>(schema: StandardSchema<T>, value: unknown): T {
  const result = schema['~standard'].validate(value);
  if ('then' in result) {
    result.then(undefined, () => undefined); // nobody else looks at a rejection
    throw new ConfigError('CALUMMA_OPTION', 'the schema is asynchronous: values are read without waiting');
  }
  if (result.issues === undefined) return result.value;
  throw new ConfigError('CALUMMA_VALIDATION', result.issues.map((issue) => describe(issue, value)).join('; '));
}

function describe(issue: SchemaIssue, value: unknown): string {
  const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  const where = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const message = withoutFound(issue.message, path.reduce(childOf, value));
  return where === '' ? message : `${where.replace(/^\./, '')}: ${message}`;
}

function childOf(parent: unknown, key: PropertyKey): unknown {
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key) ? Reflect.get(parent, key) : undefined;
}

/** Some schema libraries quote what they found (valibot: `received "hunter2"`), and it may be a secret. */
function withoutFound(message: string, found: unknown): string {
  if (typeof found !== 'string' && typeof found !== 'number') return message;
  const text = String(found);
  const unquoted = message.replaceAll(JSON.stringify(text), mask);
  // Anything shorter stands inside ordinary words, and is no secret.
  return text.length < 4 ? unquoted : unquoted.replaceAll(text, mask);
}
