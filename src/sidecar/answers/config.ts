import type { OutgoingHttpHeaders } from 'node:http';
import type { Access } from '../access.js';
import { type Answer, jsonType } from '../http/answer.js';
import { bodyOf, typeOf } from './format.js';
import { tagOfValue } from '../held/hash.js';
import { snapshotHead } from './messages.js';
import type { Namespace } from '../held/namespace.js';
import { notFound, Problem } from '../http/problem.js';
import { wordOf } from '../held/revisions.js';
import type { View, ViewFormat } from '../held/view.js';

/** What `/v1/config/{ns}` answers: the whole or a part below a prefix. */
export function answerView(view: View, format: ViewFormat, ifNoneMatch: string | undefined): Answer {
  const { namespace } = view;
  expectSomething(namespace);
  const headers = headersOf(namespace);
  headers.etag = view.tag;
  headers.vary = 'accept';
  if (matches(ifNoneMatch, view.tag)) return { status: 304, headers, body: [] };
  headers['content-type'] = typeOf(format);
  const body = bodyOf(view, format);
  headers.etag = view.tag; // that of the body, which may have been made just now
  if (format === 'json') return { status: 200, headers, body: [snapshotHead(namespace), body] };
  const masked = view.masked().length;
  if (masked > 0) headers['x-config-masked'] = String(masked);
  return { status: 200, headers, body: [body] };
}

/** What `/v1/config?ns=a&ns=b` answers. */
export function answerViews(views: readonly View[], ifNoneMatch: string | undefined): Answer {
  const namespaces = views.map(({ namespace }) => namespace);
  for (const namespace of namespaces) expectSomething(namespace);
  const revision = wordOf(namespaces);
  const oldest = namespaces.reduce((one, other) => ((other.stand.asOf ?? Infinity) < (one.stand.asOf ?? Infinity) ? other : one));
  const headers = { ...headersOf(oldest), 'x-config-revision': revision, etag: tagOfViews(views) };
  if (matches(ifNoneMatch, headers.etag)) return { status: 304, headers, body: [] };
  const parts = views.flatMap((view, at) => [`${at === 0 ? '' : ','}${JSON.stringify(view.namespace.name)}:${snapshotHead(view.namespace)}`, bodyOf(view, 'json')]);
  return { status: 200, headers: { ...headers, etag: tagOfViews(views), 'content-type': jsonType }, body: [`{"revision":${JSON.stringify(revision)},"namespaces":{`, ...parts, '}}'] };
}

/** The entity tag of several views together. */
export function tagOfViews(views: readonly View[]): string {
  return tagOfValue(views.map(({ tag }) => tag).join());
}

/** What Prana answers to `/dynamicproperties?id=a&id=b`: each value, or null. */
export function answerPrana(namespace: Namespace, ids: readonly string[], { reveal }: Access): Answer {
  const { config } = namespace;
  const pairs = ids.map((id) => `${JSON.stringify(id)}:${JSON.stringify((reveal ? config.get(id) : config.masked(id)) ?? null)}`);
  return { status: 200, headers: { ...headersOf(namespace), 'content-type': jsonType }, body: [`{${pairs.join(',')}}`] };
}

/** What `/v1/config/{ns}/{key}` answers: the value as it is. */
export function answerKey(namespace: Namespace, key: string, access: Access, ifNoneMatch: string | undefined): Answer {
  const value = namespace.config.get(key);
  if (value === undefined) {
    expectSomething(namespace);
    throw notFound(`${JSON.stringify(key)} is set nowhere in ${namespace.name}`);
  }
  const shown = access.reveal ? value : (namespace.config.masked(key) ?? value);
  const headers = headersOf(namespace);
  const tag = tagOfValue(shown);
  headers.etag = tag;
  if (shown !== value) headers['x-config-masked'] = '1';
  if (matches(ifNoneMatch, tag)) return { status: 304, headers, body: [] };
  headers['content-type'] = 'text/plain; charset=utf-8';
  return { status: 200, headers, body: [shown] };
}

/** The headers that every answer with configuration has. */
function headersOf({ stand: { source, asOf }, revision }: Namespace): OutgoingHttpHeaders {
  const age = asOf === undefined ? 0 : Math.max(0, Math.floor((Date.now() - asOf) / 1000));
  return { 'x-config-source': source, 'x-config-revision': revision, age: String(age), 'cache-control': 'no-cache' };
}

/** @throws Problem 503 when no layer has ever had anything */
function expectSomething(namespace: Namespace): void {
  if (!namespace.stand.isVoid) return;
  throw new Problem(503, 'NOTHING_HELD', `${namespace.name}: no layer has answered so far, and none is remembered`, { 'retry-after': '1' });
}

/** `If-None-Match`: `*`, or a list of tags, weak or strong. */
export function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === tag || ifNoneMatch === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}
