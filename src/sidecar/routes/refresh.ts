import { expectWrite } from '../access.js';
import type { AddRoutes } from '../app.js';

/** `POST /v1/refresh`: reads all sources again, now. `?ns=` picks namespaces, `?layer=` one layer of them. */
export const addRefresh: AddRoutes = (app, { namespaces }) => {
  app.post('/v1/refresh', async (context) => {
    const { access, target } = context.env;
    expectWrite(access);
    const picked = target.query.has('ns') ? namespaces.ofQuery(target.query) : namespaces.all;
    await Promise.all(picked.map(({ config }) => config.refresh(target.query.get('layer') ?? undefined)));
    const after = picked.map(({ name, revision, stand }) => [name, { revision, source: stand.source }] as const);
    return context.json({ namespaces: Object.fromEntries(after) });
  });
};
