import { badRequest } from './problem.js';

/** What a request asks for: its path as it was sent, in decoded pieces, and its query. */
export interface Target {
  /** Between the slashes; `/v1/config/default/a%2Fb` is `['v1', 'config', 'default', 'a/b']`. Nothing is normalised: `..` is a name like any other. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

const noQuery = new URLSearchParams();

/** @throws Problem 400 for percent-encoding that is none */
export function targetOf(url: string): Target {
  const local = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '');
  const question = local.indexOf('?');
  const path = question === -1 ? local : local.slice(0, question);
  if (!path.startsWith('/')) throw badRequest('expected a path that begins with /');
  return { path: path.slice(1).split('/').map(decoded), query: question === -1 ? noQuery : new URLSearchParams(local.slice(question + 1)) };
}

/** The key in `/v1/config/{ns}/{key}`: everything behind the namespace, slashes included. */
export function keyOf({ path }: Target, from = 3): string {
  return path.slice(from).join('/');
}

/** The namespace in `/v1/changes/{ns}`, or `default` where none is named. */
export function namespaceOf({ path }: Target): string {
  return path.length > 2 ? path.slice(2).join('/') : 'default';
}

function decoded(piece: string): string {
  if (!piece.includes('%')) return piece;
  try {
    return decodeURIComponent(piece);
  } catch {
    throw badRequest('expected percent-encoded UTF-8 in the path');
  }
}
