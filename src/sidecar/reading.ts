import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.js';
import { type Answer, send } from './http/answer.js';
import type { Clients } from './news/clients.js';
import { answerKey, answerPrana, answerView, answerViews, tagOfViews } from './answers/config.js';
import { formatOf } from './answers/format.js';
import type { Namespaces } from './held/namespaces.js';
import { LongPoll, waitOf } from './news/poll.js';
import { badRequest } from './http/problem.js';
import { keyOf, type Target } from './http/target.js';
import type { Underway } from './http/underway.js';
import type { View } from './held/view.js';
import type { Watchers } from './news/watch.js';

/** What reading needs. */
export interface Reader {
  readonly namespaces: Namespaces;
  readonly clients: Clients;
  readonly watchers: Watchers;
  readonly underway: Underway;
}

/**
 * The requests that come often or stay long: values and news. Answered by hand on Node's own objects, since a router and a `Response` would
 * cost more than the answer.
 *
 * @returns whether the request was one of these
 */
export function read(reader: Reader, target: Target, access: Access, request: IncomingMessage, response: ServerResponse): boolean {
  const [version, what, name = ''] = target.path;
  const isOurs = version === 'v1' ? what === 'config' || (what === 'watch' && target.path.length === 2) : version === 'dynamicproperties';
  if (!isOurs || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  if (what === 'watch') watch(reader, target, access, request, response);
  else if (version !== 'v1') send(request, response, answerPrana(reader.namespaces.get('default'), target.query.getAll('id'), access), reader.underway);
  else if (target.path.length > 3) send(request, response, answerKey(reader.namespaces.get(name), keyOf(target), access, request.headers['if-none-match']), reader.underway);
  else whole(reader, target, access, request, response);
  return true;
}

function whole({ namespaces, clients, underway }: Reader, { path, query }: Target, { reveal }: Access, request: IncomingMessage, response: ServerResponse): void {
  const [, , name] = path;
  const asked = name === undefined ? namespaces.ofQuery(query) : [namespaces.get(name)];
  const prefix = query.get('prefix') ?? '';
  const format = formatOf(query, request.headers.accept);
  const tag = request.headers['if-none-match'];
  const views = (): View[] => asked.map((namespace) => namespace.view(prefix, reveal));
  const one = (): View | undefined => (name === undefined ? undefined : views()[0]);
  const answer = (): Answer => {
    const view = one();
    return view === undefined ? answerViews(views(), tag) : answerView(view, format, tag);
  };
  const wait = query.get('wait');
  if (wait === null || tag === undefined) return send(request, response, answer(), underway);
  new LongPoll({ namespaces: asked, prefix, tagNow: () => one()?.tag ?? tagOfViews(views()), answer, tag, waitMs: waitOf(wait) }, request, response, { clients, underway }).start();
}

function watch({ namespaces, watchers }: Reader, { query }: Target, { reveal }: Access, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET') throw badRequest('expected GET: an event stream has no end that HEAD could tell');
  const header = request.headers['last-event-id'];
  const lastEventId = (Array.isArray(header) ? header[0] : header) ?? query.get('lastEventId') ?? undefined;
  const wanted = { namespaces: namespaces.ofQuery(query), prefix: query.get('prefix') ?? '', reveal, lastEventId, snapshot: query.get('snapshot') !== 'false' };
  watchers.open(wanted, request, response);
}
