import { ConfigError, errorCodes, SourceError, type ErrorCode } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { Problem, wordsOf } from '../url/problem.js';
import type { Address } from './address.js';
import type { SidecarSpec } from './options.js';
import type { Answer } from './request.js';

/** A sidecar on this host is knocked at again within this time, ms: its return is noticed before anybody asks. */
const knockMs = 1_000;

/** People mend what is wrong, and wrong tokens are counted. */
const slowlyMs = 5_000;

/** What went wrong, in the words that users see. */
export function errorAt(name: string, address: Address, thrown: unknown): ConfigError {
  if (thrown instanceof ConfigError) return thrown;
  const origin = originOf(address);
  const { code = 'CALUMMA_SOURCE', retryAfterMs } = thrown instanceof Problem ? thrown.details : {};
  const message = `${name}: ${wordsOf(thrown)}${isRefused(thrown) ? ': is the sidecar running? (calumma sidecar)' : ''}`;
  if (code !== 'CALUMMA_SOURCE') return new ConfigError(code, message, { origin, cause: thrown });
  return new SourceError(message, { origin, cause: thrown, ...(retryAfterMs !== undefined && { retryAfterMs }), ...(address.isLocal && { retryWithinMs: knockMs }) });
}

export function originOf({ shown }: Address): string {
  return `sidecar:${shown}`;
}

function isRefused(thrown: unknown): boolean {
  return ['ECONNREFUSED', 'ENOENT'].includes(String((Object(thrown) as { code?: unknown }).code));
}

/** Whether a status means that streams do not come through, rather than that something is wrong. */
export function isNoStream(status: number): boolean {
  return status === 200 || [404, 405, 406, 501].includes(status);
}

/** An answer that is none. */
export function refusal({ status, headers, text }: Pick<Answer, 'status' | 'headers' | 'text'>, { config }: SidecarSpec): Problem {
  const code = codeIn(text);
  const isOurs = code !== undefined || text === '';
  const wait = headers['retry-after'];
  const asked = wait !== undefined && /^\d+$/.test(wait) ? Number(wait) * 1_000 : undefined;
  const retryAfterMs = asked ?? (status === 401 || status === 403 ? slowlyMs : undefined);
  const advice = status === 404 && isOurs ? `: has the sidecar a config ${quote(config)}?` : (advices[status] ?? '');
  return new Problem(`expected status 200, found ${status}${advice}`, { retryAfterMs });
}

const advices: Readonly<Partial<Record<number, string>>> = {
  401: ': the token is missing or wrong (option "token" or "tokenFile")',
  403: ': the token does not allow this, or the sidecar is known by another name',
  404: ': is this the address of a sidecar?',
  429: ': too many wrong tokens came from this host',
  503: ': the sidecar has nothing yet, or too many clients',
};

/** The code in the body of an error, if it is one of a sidecar. */
function codeIn(text: string): string | undefined {
  return errorIn(text)?.code;
}

interface Told {
  readonly code: string;
  readonly message: string;
}

function errorIn(text: string): Told | undefined {
  try {
    const { code, message } = (JSON.parse(text) as { error?: Partial<Record<keyof Told, unknown>> }).error ?? {};
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    return undefined; // whatever it is, it does not come from a sidecar
  }
}

const byStatus: Readonly<Partial<Record<number, ErrorCode>>> = { 400: 'CALUMMA_OPTION', 412: 'CALUMMA_CONFLICT', 413: 'CALUMMA_TOO_LARGE' };

/** Why a sidecar has not done what it was asked to, with the code that a store would have given. */
export function writeError(what: string, address: Address, { status, headers, text }: Answer, spec: SidecarSpec): ConfigError {
  const told = errorIn(text);
  const origin = originOf(address);
  if (told === undefined || status === 401) return errorAt(what, address, refusal({ status, headers, text }, spec));
  const code = Object.hasOwn(errorCodes, told.code) ? (told.code as ErrorCode) : byStatus[status];
  const message = `${what}: ${told.message}`;
  return code === undefined || code === 'CALUMMA_SOURCE' ? new SourceError(message, { origin }) : new ConfigError(code, message, { origin });
}

export function maskedError(name: string, origin: string, keys: readonly string[]): ConfigError {
  const shown = keys.slice(0, 5).map(quote).join(', ');
  const more = keys.length > 5 ? ` and ${keys.length - 5} more` : '';
  return new SourceError(`${name}: expected all values, found that those of ${shown}${more} are secret, so the layer has not got them: give a token with the right "reveal", if they are needed here`, { origin });
}
