import type { IncomingMessage, ServerResponse } from 'node:http';
import { Hono } from 'hono';
import type { Access } from './access.js';
import { guarding } from './http/answer.js';
import type { Clients } from './news/clients.js';
import type { Namespaces } from './held/namespaces.js';
import { notAllowed, notFound } from './http/problem.js';
import { reported } from './http/refuse.js';
import { addHealth } from './routes/health.js';
import { addHistory } from './routes/history.js';
import { addExplain } from './routes/explain.js';
import { addPage } from './routes/page.js';
import { addMetrics } from './routes/metrics.js';
import { addNews } from './routes/news.js';
import { addRefresh } from './routes/refresh.js';
import { addRollback } from './routes/rollback.js';
import { addStatus } from './routes/status.js';
import { addWrite } from './routes/write.js';
import type { Settings } from './options.js';
import type { Tally } from './held/tally.js';
import type { Target } from './http/target.js';

/** What a route knows of its request besides the request itself. */
export interface Bindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly access: Access;
  readonly target: Target;
}

export type App = Hono<{ Bindings: Bindings }>;

/** What routes work with. */
export interface Services {
  readonly namespaces: Namespaces;
  readonly clients: Clients;
  readonly settings: Settings;
  readonly tally: Tally;
  /** ms since the epoch. */
  readonly startedAt: number;
}

/** Adds the routes of one file. */
export type AddRoutes = (app: App, services: Services) => void;

const routes: readonly AddRoutes[] = [addHealth, addStatus, addExplain, addNews, addMetrics, addRefresh, addHistory, addWrite, addRollback, addPage];

/** Everything but reading values and waiting for news, which is answered before it comes here: see `reading.ts`. */
export function appOf(services: Services): App {
  const app: App = new Hono<{ Bindings: Bindings }>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(guarding)) context.header(name, value);
  });
  for (const add of routes) add(app, services);
  app.notFound((context) => {
    const allowed = app.routes.filter(({ path, method }) => method !== 'ALL' && path === context.req.path).map(({ method }) => method);
    throw allowed.length > 0 ? notAllowed([...new Set(allowed)].join(', ')) : notFound('no such path: README has the list');
  });
  app.onError((error) => {
    const problem = reported(error);
    return Response.json(problem, { status: problem.status, headers: { ...problem.headers, ...guarding } });
  });
  return app;
}
