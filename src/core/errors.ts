import { mask, quote } from './redact.js';

/** Every code an error of Calumma can carry; the README's table is compared with this list by a test. */
export const errorCodes = {
  CALUMMA_OPTION: 'an option or argument of a public function is wrong',
  CALUMMA_DUPLICATE_LAYER: 'two layers of one config have the same name',
  CALUMMA_UNKNOWN_LAYER: 'no layer has this name',
  CALUMMA_DESCRIPTION: 'calumma.yaml has a key or a value that is not allowed',
  CALUMMA_NOT_READY: 'a required layer has nothing at all when ready() gives up',
  CALUMMA_CLOSED: 'the config was closed',
  CALUMMA_SOURCE: 'a source cannot be read, or its feed was lost',
  CALUMMA_CLIENT: 'the client package of a store is not installed, or is not one we know',
  CALUMMA_READING: 'a source produced something that is no reading',
  CALUMMA_FORMAT: 'a text does not parse in its format',
  CALUMMA_UNKNOWN_FORMAT: 'no format has this name or extension',
  CALUMMA_INCLUDE: 'an @next include is missing or includes itself',
  CALUMMA_SHADOWED_KEY: 'the same key stands in two formats of one variant',
  CALUMMA_WATCH: 'files cannot be watched, so they are polled',
  CALUMMA_TOO_LARGE: 'a reading would take the config over its size limit',
  CALUMMA_MASS_REMOVAL: 'a reading would remove most keys of a remote layer, and waits to be confirmed',
  CALUMMA_GUARD: 'a guard refused a reading',
  CALUMMA_CONVERSION: 'a value does not parse as the type of its property',
  CALUMMA_VALIDATION: 'a value was refused by a validation or a schema',
  CALUMMA_MISSING_KEY: 'a ${…} names a key that is not set and has no default',
  CALUMMA_INTERPOLATION: 'a ${…} is malformed, or mentions itself in a circle',
  CALUMMA_COLLISION: 'two keys with different values would be one variable of an environment',
  CALUMMA_READ_ONLY: 'a layer that was to be written cannot be written',
  CALUMMA_CONFLICT: 'a write expected a version that is not the present one',
  CALUMMA_CACHE: 'the disk cache cannot be written, or what lies there cannot be used',
  CALUMMA_LISTEN: 'the sidecar cannot listen at its address or socket',
  CALUMMA_OUTPUT: 'the files of an output cannot be written, or their check or reload failed',
  CALUMMA_LISTENER: 'a listener threw or rejected',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** Where, in the source's own spelling. */
  readonly origin?: string | undefined;
  readonly cause?: unknown;
}

/** The root of all errors of Calumma. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
  readonly code: ErrorCode;
  /** Where, in the source's own spelling: `file:application.properties:12`. */
  readonly origin: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const place = details.origin === undefined ? '' : ` (${details.origin})`;
    super(message + place, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.origin = details.origin;
  }

  /** What a health endpoint or a log that writes JSON shows; an error by itself would be `{}`. */
  toJSON(): { readonly name: string; readonly code: ErrorCode; readonly message: string; readonly origin?: string } {
    const { name, code, message, origin } = this;
    return { name, code, message, ...(origin === undefined ? {} : { origin }) };
  }
}

export interface SourceErrorDetails extends ErrorDetails {
  /** Trying again sooner is of no use: ms. The runtime waits that long, but never more than 5 s. */
  readonly retryAfterMs?: number;
  /** Trying again soon costs little, as on the same host: ms. The runtime waits no longer. Default: 5 s at most. */
  readonly retryWithinMs?: number;
}

/** A source cannot be read, or its feed was lost. */
export class SourceError extends ConfigError {
  override readonly name = 'SourceError';
  /** ms that the source asks to be left alone; at most 5 s of it are granted. */
  readonly retryAfterMs: number | undefined;
  /** ms after which the next try has to come at the latest. */
  readonly retryWithinMs: number | undefined;

  constructor(message: string, details: SourceErrorDetails = {}) {
    super('CALUMMA_SOURCE', message, details);
    this.retryAfterMs = details.retryAfterMs;
    this.retryWithinMs = details.retryWithinMs;
  }
}

/** A text does not parse. Lines and columns count from 1. The message never quotes the text: it may hold a secret. */
export class FormatError extends ConfigError {
  override readonly name = 'FormatError';
  readonly format: string;
  readonly problem: string;
  readonly line: number;
  readonly column: number;

  constructor(format: string, problem: string, line: number, column: number, details: ErrorDetails = {}) {
    const { origin, cause } = details;
    const at = origin === undefined ? `line ${line}, column ${column}` : `${origin}:${line}:${column}`;
    super('CALUMMA_FORMAT', `${format}: ${problem}`, { origin: at, cause });
    this.format = format;
    this.problem = problem;
    this.line = line;
    this.column = column;
  }

  /** The same error, with the name of the file or address it stands in. */
  in(origin: string): FormatError {
    return new FormatError(this.format, this.problem, this.line, this.column, { origin, cause: this.cause });
  }
}

/** A value does not parse as the type of its property. */
export class ConversionError extends ConfigError {
  override readonly name = 'ConversionError';
  readonly key: string;
  readonly expected: string;

  constructor(key: string, expected: string, found: string, secret: boolean, details?: ErrorDetails) {
    super('CALUMMA_CONVERSION', `${key}: expected ${expected}, found ${secret ? mask : quote(found)}`, details);
    this.key = key;
    this.expected = expected;
  }
}

/** A `${…}` names a key that is not set and has no default. */
export class MissingKeyError extends ConfigError {
  override readonly name = 'MissingKeyError';
  readonly key: string;
  readonly missing: string;

  constructor(key: string, missing: string, details?: ErrorDetails) {
    super('CALUMMA_MISSING_KEY', `${key}: mentions \${${missing}}, which is set nowhere and has no default`, details);
    this.key = key;
    this.missing = missing;
  }

  /** The same error, with the place the value stands at. */
  in(origin: string): MissingKeyError {
    return new MissingKeyError(this.key, this.missing, { origin, cause: this.cause });
  }
}

/** A `${…}` is malformed, or mentions itself in a circle. */
export class InterpolationError extends ConfigError {
  override readonly name = 'InterpolationError';
  readonly key: string;
  /** The keys that mention each other in a circle, if that is the problem. */
  readonly circle: readonly string[] | undefined;
  readonly #problem: string;

  constructor(key: string, problem: string, details: ErrorDetails & { readonly circle?: readonly string[] } = {}) {
    super('CALUMMA_INTERPOLATION', `${key}: ${problem}`, details);
    this.key = key;
    this.circle = details.circle;
    this.#problem = problem;
  }

  /** The same error, with the place the value stands at. */
  in(origin: string): InterpolationError {
    return new InterpolationError(this.key, this.#problem, { origin, cause: this.cause, ...(this.circle && { circle: this.circle }) });
  }
}

/** One thing that is wrong in a description. Lines and columns count from 1. */
export interface DescriptionIssue {
  /** What was expected and what was found; secrets are masked. */
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** `layers[2].file.watch`; `''` is the description itself. */
  readonly path: string;
}

/** A `calumma.yaml` says something that is not allowed. All that is wrong, at once: one line of the message each. */
export class DescriptionError extends ConfigError {
  override readonly name = 'DescriptionError';
  readonly file: string;
  readonly issues: readonly DescriptionIssue[];

  constructor(file: string, issues: readonly DescriptionIssue[], details: Pick<ErrorDetails, 'cause'> = {}) {
    const lines = issues.map(({ message, line, column }) => `${file}:${line}:${column}: ${message}`);
    super('CALUMMA_DESCRIPTION', lines.join('\n'), details);
    this.file = file;
    this.issues = issues;
  }
}
