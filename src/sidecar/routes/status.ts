import type { AddRoutes } from '../app.js';
import type { Namespace } from '../namespace.js';

export const addStatus: AddRoutes = (app, { namespaces, clients, startedAt }) => {
  app.get('/v1/status', (context) => {
    const all = namespaces.all.map((namespace) => [namespace.name, statusOf(namespace)] as const);
    return context.json({ startedAt: new Date(startedAt), namespaces: Object.fromEntries(all), watchers: clients.count('watch'), polls: clients.count('poll') });
  });
};

function statusOf({ config, revision, stand }: Namespace): unknown {
  const { state, layers } = config.health();
  return { state, source: stand.source, asOf: new Date(stand.asOf ?? Date.now()), revision, layers };
}
