import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.js';
import { answerProblem, send } from './answer.js';
import type { Clients } from './clients.js';
import { answerKey, answerView } from './config.js';
import type { Namespace } from './namespace.js';
import type { Namespaces } from './namespaces.js';
import { LongPoll, waitOf } from './poll.js';
import { badRequest, problemOf } from './problem.js';
import { keyOf, type Target } from './target.js';
import type { Watchers } from './watch.js';

/** What reading needs. */
export interface Reader {
  readonly namespaces: Namespaces;
  readonly clients: Clients;
  readonly watchers: Watchers;
}

/**
 * The requests that come often or stay long: values and news. Answered by hand on Node's own objects, since a router and a `Response` would
 * cost more than the answer.
 *
 * @returns whether the request was one of these
 */
export function read(reader: Reader, target: Target, access: Access, request: IncomingMessage, response: ServerResponse): boolean {
  const [version, what, name = ''] = target.path;
  if (version !== 'v1' || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  if (what === 'watch' && target.path.length === 2) watch(reader, target, access, request, response);
  else if (what !== 'config') return false;
  else if (target.path.length > 3) send(request, response, answerKey(reader.namespaces.get(name), keyOf(target), access, request.headers['if-none-match']));
  else if (target.path.length === 3) whole(reader, reader.namespaces.get(name), target.query, access, request, response);
  else return false;
  return true;
}

function whole({ clients }: Reader, namespace: Namespace, query: URLSearchParams, { reveal }: Access, request: IncomingMessage, response: ServerResponse): void {
  const prefix = query.get('prefix') ?? '';
  const tag = request.headers['if-none-match'];
  const wait = query.get('wait');
  if (wait === null || tag === undefined) return send(request, response, answerView(namespace, namespace.view(prefix, reveal), tag));
  new LongPoll({ namespace, prefix, reveal, tag, waitMs: waitOf(wait) }, request, response, clients).start();
}

function watch({ namespaces, watchers }: Reader, { query }: Target, { reveal }: Access, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET') throw badRequest('expected GET: an event stream has no end that HEAD could tell');
  const header = request.headers['last-event-id'];
  const lastEventId = (Array.isArray(header) ? header[0] : header) ?? query.get('lastEventId') ?? undefined;
  const wanted = { namespaces: namespaces.ofQuery(query), prefix: query.get('prefix') ?? '', reveal, lastEventId, snapshot: query.get('snapshot') !== 'false' };
  watchers.open(wanted, request, response);
}

/** Whatever went wrong, as the answer. */
export function refuse(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  const problem = problemOf(thrown);
  if (problem.code === 'INTERNAL') process.emitWarning(thrown as Error);
  if (response.headersSent) response.destroy();
  else send(request, response, answerProblem(problem));
}
