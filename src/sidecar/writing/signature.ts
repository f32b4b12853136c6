import type { IncomingHttpHeaders } from 'node:http';
import { type Access, expectWrite } from '../access.js';
import { badRequest, Problem } from '../http/problem.js';
import { type Fields, textField } from './body.js';

/** Who writes, and why. */
export interface Signature {
  readonly author: string;
  readonly reason: string;
}

const mostCharacters = 1_000;

/**
 * From the body, or the headers `X-Config-Author` and `X-Config-Reason`. An author that differs from the name of the token stands beside it: a token
 * must not write in the name of others without a trace.
 *
 * @throws Problem 400, 401, 403
 */
export function signatureOf(access: Access, headers: IncomingHttpHeaders, fields: Fields): Signature {
  const name = expectWrite(access);
  const author = given('author', textField(fields, 'author') ?? decoded('X-Config-Author', headers['x-config-author']));
  const reason = given('reason', textField(fields, 'reason') ?? decoded('X-Config-Reason', headers['x-config-reason']));
  if (reason === undefined) throw badRequest('reason: expected why it is changed, in the header X-Config-Reason or in the body; it stands in the history');
  return { author: author === undefined || author === name ? name : `${author} (${name})`, reason };
}

/** The version of the store that the writer has seen: `expectedVersion` in the body, or `If-Match`. @throws Problem 400, 412 */
export function expectedVersion({ 'if-match': ifMatch }: IncomingHttpHeaders, fields: Fields): string | undefined {
  const inBody = textField(fields, 'expectedVersion');
  if (inBody !== undefined || ifMatch === undefined) return inBody;
  const [, quoted] = /^"([\x21\x23-\x7e]{1,200})"$/.exec(ifMatch.trim()) ?? [];
  if (quoted !== undefined) return quoted;
  if (ifMatch.trim().startsWith('W/')) throw new Problem(412, 'CALUMMA_CONFLICT', 'If-Match: a weak tag matches nothing that is written');
  throw badRequest('If-Match: expected one version of the store in quotes, as a write or /v1/status tells it');
}

function given(name: string, text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '') return undefined;
  if (trimmed.length > mostCharacters) throw badRequest(`${name}: expected at most ${mostCharacters} characters`);
  return trimmed;
}

function decoded(header: string, value: string | readonly string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    throw badRequest(`${header}: expected percent-encoded UTF-8`);
  }
}
