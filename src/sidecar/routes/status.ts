import type { AddRoutes } from '../app.js';
import type { Namespace } from '../held/namespace.js';

// The worst last.
const order = ['live', 'loading', 'stale', 'failed'];

/** `/v1/status`: how everything is doing; `/v1/clients`: who waits for news. */
export const addStatus: AddRoutes = (app, { namespaces, clients, startedAt, settings }) => {
  app.get('/v1/status', (context) => {
    const all = namespaces.all.map((namespace) => [namespace.name, statusOf(namespace)] as const);
    const states = all.map(([, { state }]) => state).sort((one, other) => order.indexOf(other) - order.indexOf(one));
    return context.json({
      state: states[0],
      startedAt: new Date(startedAt),
      uptimeMs: Date.now() - startedAt,
      watchers: clients.count('watch'),
      polls: clients.count('poll'),
      ...settings.about(),
      namespaces: Object.fromEntries(all),
    });
  });
  app.get('/v1/clients', (context) => {
    const all = [...clients.all].map((client) => {
      const { kind, name, since, prefix } = client;
      return { kind, name, since: new Date(since), namespaces: client.namespaces, ...(prefix !== '' && { prefix }), revision: client.told() };
    });
    return context.json({ clients: all });
  });
};

function statusOf({ config, revision, stand: { source, asOf }, ring }: Namespace) {
  const { state, layers } = config.health();
  const now = Date.now();
  return {
    state,
    source,
    revision,
    /** The oldest revision that can be resumed from. */
    oldestRevision: ring.base,
    asOf: new Date(asOf ?? now),
    ageMs: asOf === undefined ? 0 : now - asOf,
    keys: config.keys().length,
    bytes: layers.reduce((sum, layer) => sum + layer.bytes, 0),
    writables: config.writables,
    layers,
  };
}
