import type { AddRoutes } from '../app.js';

/** `/metrics`, for Prometheus. Its library is loaded when it is first asked for. */
export const addMetrics: AddRoutes = (app, services) => {
  let registry: ReturnType<typeof load> | undefined;
  const load = async () => (await import('../metrics.js')).metricsOf(services);
  app.get('/metrics', async (context) => {
    const { contentType, metrics } = await (registry ??= load()).then(async (known) => ({ contentType: known.contentType, metrics: await known.metrics() }));
    return context.body(metrics, 200, { 'content-type': contentType });
  });
};
