import type { OutgoingHttpHeaders } from 'node:http';
import type { Access } from './access.js';
import { type Answer, jsonType } from './answer.js';
import { bodyOf } from './format.js';
import { tagOfValue } from './hash.js';
import { snapshotHead } from './messages.js';
import type { Namespace } from './namespace.js';
import { notFound, Problem } from './problem.js';
import type { View } from './view.js';

/** What `/v1/config/{ns}` answers: the whole or a part below a prefix. */
export function answerView(namespace: Namespace, view: View, ifNoneMatch: string | undefined): Answer {
  expectSomething(namespace);
  const headers = headersOf(namespace);
  headers.etag = view.tag;
  if (matches(ifNoneMatch, view.tag)) return { status: 304, headers, body: [] };
  headers['content-type'] = jsonType;
  return { status: 200, headers, body: [snapshotHead(namespace), bodyOf(view, 'json')] };
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
