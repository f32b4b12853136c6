import type { ErrorAnswer } from './answers.js';

/** The sidecar said no, in its own words. */
export class RefusedError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, { code, message }: ErrorAnswer) {
    super(message);
    this.name = 'RefusedError';
    this.status = status;
    this.code = code;
  }
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** A read that needs the rights of the token. */
  readonly asSignedIn?: boolean;
  /** Secrets are asked for, as far as the token may see them. */
  readonly reveal?: boolean;
}

/** Asks the sidecar that this page came from, and nobody else. */
export interface Api {
  /** The answer to a request, once its status is one of success. @throws RefusedError what the sidecar has against it */
  open(path: string, request?: Request): Promise<Response>;
  json<T>(path: string, request?: Request): Promise<T>;
}

/**
 * @param token of now; asked for each request. Reads go without it as long as they may.
 */
export function createApi(token: () => string | undefined): Api {
  let readsNeedToken = false;
  const attempt = (path: string, request: Request, withToken: boolean): Promise<Response> => {
    const { method = 'GET', body, headers = {}, reveal = false, signal } = request;
    const held = withToken ? token() : undefined;
    return fetch(path, {
      method,
      signal: signal ?? null,
      credentials: 'same-origin',
      headers: {
        ...headers,
        // Whatever the token may see: all of it would lie here for as long as the page is open.
        ...(!reveal && { 'x-config-reveal': 'no' }),
        ...(held !== undefined && { authorization: `Bearer ${held}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  };
  const open = async (path: string, request: Request = {}): Promise<Response> => {
    const isRead = (request.method ?? 'GET') === 'GET' && request.asSignedIn !== true;
    const first = await attempt(path, request, !isRead || readsNeedToken);
    if (first.ok) return first;
    if (first.status !== 401 || !isRead || readsNeedToken || token() === undefined) throw await refusal(first);
    const second = await attempt(path, request, true);
    if (!second.ok) throw await refusal(second);
    readsNeedToken = true;
    return second;
  };
  return { open, json: async <T>(path: string, request?: Request) => (await (await open(path, request)).json()) as T };
}

async function refusal(response: Response): Promise<RefusedError> {
  const fallback = { code: String(response.status), message: `The sidecar answered ${response.status} ${response.statusText}` };
  try {
    const { error } = (await response.json()) as { readonly error?: ErrorAnswer };
    return new RefusedError(response.status, error ?? fallback);
  } catch {
    return new RefusedError(response.status, fallback);
  }
}

/** What to tell people. */
export function inWords(error: unknown): string {
  if (error instanceof RefusedError) return error.message;
  if (error instanceof TypeError) return 'The sidecar cannot be reached.';
  return error instanceof Error ? error.message : String(error);
}

export const segment = (text: string): string => encodeURIComponent(text);
