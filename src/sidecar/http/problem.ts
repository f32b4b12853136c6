import { ConfigError } from '../../index.js';

/** What an error answer says besides its status. */
export interface ProblemBody {
  readonly error: { readonly code: string; readonly message: string };
}

/** A request that gets an error for an answer: thrown from anywhere below a route. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** A word for programs, such as `NOT_FOUND`; the `CALUMMA_*` code where an error of the library is the reason. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  toJSON(): ProblemBody {
    return { error: { code: this.code, message: this.message } };
  }
}

export const badRequest = (message: string): Problem => new Problem(400, 'BAD_REQUEST', message);
export const notFound = (message: string): Problem => new Problem(404, 'NOT_FOUND', message);
export const notAllowed = (allow: string): Problem => new Problem(405, 'METHOD_NOT_ALLOWED', `expected one of the methods ${allow}`, { allow });

const statuses: Readonly<Partial<Record<string, number>>> = {
  CALUMMA_OPTION: 400,
  CALUMMA_UNKNOWN_LAYER: 404,
  CALUMMA_READ_ONLY: 409,
  CALUMMA_CONFLICT: 412,
  CALUMMA_COLLISION: 409,
  CALUMMA_TOO_LARGE: 413,
  CALUMMA_GUARD: 409,
  CALUMMA_MASS_REMOVAL: 409,
};

/** Whatever was thrown, as an answer. What we do not know is not described: it may quote a value. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof ConfigError) return new Problem(statuses[thrown.code] ?? 503, thrown.code, thrown.message);
  return new Problem(500, 'INTERNAL', 'the sidecar failed to answer; its log says more');
}
