import type { AddRoutes } from '../app.js';
import type { Namespace } from '../held/namespace.js';

/** `/healthz` says that the process serves, and never looks further; `/readyz` that something complete is held, once and for all. */
export const addHealth: AddRoutes = (app, { namespaces }) => {
  let wasReady = false;
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', (context) => {
    const waiting = wasReady ? [] : namespaces.all.filter((namespace) => !isReady(namespace));
    wasReady ||= waiting.length === 0;
    const sources = Object.fromEntries(namespaces.all.map(({ name, stand }) => [name, stand.source]));
    const body = { ready: wasReady, namespaces: sources, ...(wasReady ? {} : { waiting: waiting.map(({ name }) => name) }) };
    return context.json(body, wasReady ? 200 : 503);
  });
};

// What has not answered yet may answer in a moment; what has failed is not waited for, unless it is required.
function isReady({ stand, config }: Namespace): boolean {
  if (stand.isComplete) return true;
  if (stand.isVoid) return false;
  const missing = config.health().layers.filter((layer) => layer.lastSuccess === undefined && !layer.remembered);
  return missing.every((layer) => !layer.required && layer.state === 'failed');
}
