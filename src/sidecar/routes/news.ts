import type { AddRoutes } from '../app.js';
import { between, type Difference } from '../held/between.js';
import type { Commit } from '../held/namespace.js';
import { badRequest } from '../http/problem.js';
import { namespaceOf } from '../http/target.js';

/** `/v1/changes/{ns}`: the last publishes, newest first; `/v1/diff/{ns}?from=&to=`: what differs between two revisions. */
export const addNews: AddRoutes = (app, { namespaces }) => {
  app.get('/v1/changes/*', (context) => {
    const { target, access } = context.env;
    const namespace = namespaces.get(namespaceOf(target));
    const key = target.query.get('key') ?? undefined;
    const limit = limitOf(target.query.get('limit'));
    const concerned = key === undefined ? namespace.ring.all : namespace.ring.all.filter(({ changes }) => changes.some((change) => change.key === key));
    const newest = concerned.slice(-limit).reverse();
    return context.json({ namespace: namespace.name, revision: namespace.revision, oldest: namespace.ring.base, changes: newest.map((commit) => told(commit, access.reveal, key)) });
  });
  app.get('/v1/diff/*', (context) => {
    const { target, access } = context.env;
    const namespace = namespaces.get(namespaceOf(target));
    const from = target.query.get('from');
    if (from === null) throw badRequest('from: expected a revision, found nothing');
    const to = target.query.get('to') ?? namespace.revision;
    const changes = between(namespace.ring, from, to).map((difference) => shown(difference, access.reveal));
    return context.json({ namespace: namespace.name, from, to, changes });
  });
};

function limitOf(text: string | null): number {
  const limit = Number(text ?? 100);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw badRequest('limit: expected a whole number above 0');
}

function told({ revision, at, lagMs, changes }: Commit, reveal: boolean, key: string | undefined): unknown {
  const concerned = key === undefined ? changes : changes.filter((change) => change.key === key);
  return { revision, at: new Date(at), lagMs, changes: concerned.map((change) => shown(change, reveal)) };
}

function shown({ key, before, after, shownBefore, shownAfter, layer, origin }: Difference, reveal: boolean): unknown {
  return { key, ...(reveal ? { before, after } : { before: shownBefore, after: shownAfter }), layer, origin };
}
