import type { AddRoutes } from '../app.js';
import { keyOf } from '../http/target.js';

/** `/v1/explain/{ns}/{key}`, and `/v1/explain/{key}` of the namespace `default`: why a value is what it is. Secrets are masked. */
export const addExplain: AddRoutes = (app, { namespaces }) => {
  app.get('/v1/explain/*', (context) => {
    const { target } = context.env;
    const isShort = target.path.length < 4;
    const namespace = namespaces.get(isShort ? 'default' : (target.path[2] ?? ''));
    const explanation = namespace.config.explain(keyOf(target, isShort ? 2 : 3));
    return context.json({ namespace: namespace.name, revision: namespace.revision, ...explanation, toString: undefined });
  });
};
