import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { Services } from './app.js';
import type { Namespace } from './held/namespace.js';
import { type Count, latencyBuckets } from './held/tally.js';

/** Codes of errors that mean: a reading was not taken. */
const refusals = ['CALUMMA_TOO_LARGE', 'CALUMMA_GUARD', 'CALUMMA_READING', 'CALUMMA_FORMAT'];
const provenances = ['live', 'stale', 'snapshot', 'defaults'] as const;

type Labels = Readonly<Record<string, string>>;
type Values = (set: (labels: Labels, value: number) => void) => void;

/** Everything that is measured, worked out when it is asked for. */
export function metricsOf({ namespaces, clients, tally }: Services): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: readonly string[], values: Values): void => {
    new Gauge({ name, help, labelNames, registers: [registry], collect() { this.reset(); values((labels, value) => this.set(labels, value)); } });
  };
  const counter = (name: string, help: string, labelNames: readonly string[], values: Values): void => {
    new Counter({ name, help, labelNames, registers: [registry], collect() { this.reset(); values((labels, value) => this.inc(labels, value)); } });
  };
  const each = (use: (namespace: Namespace, count: Count) => void): void => {
    for (const namespace of namespaces.all) use(namespace, tally.of(namespace.name));
  };
  const errors = (codes: readonly string[], label?: string): Values => (set) =>
    each(({ name }, count) => {
      for (const [code, times] of count.errors) if (codes.includes(code)) set({ namespace: name, ...(label && { [label]: code }) }, times);
    });

  gauge('config_state', '1 for where the values come from, 0 for the others', ['namespace', 'state'], (set) =>
    each(({ name, stand }) => {
      for (const state of provenances) set({ namespace: name, state }, stand.source === state ? 1 : 0);
    }));
  gauge('config_age_seconds', 'seconds since all of the configuration was surely true', ['namespace'], (set) =>
    each(({ name, stand: { asOf } }) => set({ namespace: name }, asOf === undefined ? 0 : (Date.now() - asOf) / 1_000)));
  gauge('config_revision_info', 'the revision, as a label', ['namespace', 'revision'], (set) => each(({ name, revision }) => set({ namespace: name, revision }, 1)));
  gauge('config_keys', 'keys that are set', ['namespace'], (set) => each(({ name, config }) => set({ namespace: name }, config.keys().length)));
  gauge('config_bytes', 'bytes of all layers', ['namespace'], (set) => each(({ name, config }) => set({ namespace: name }, config.health().layers.reduce((sum, { bytes }) => sum + bytes, 0))));
  gauge('config_layer_up', '1 for a layer that is in touch with its source', ['namespace', 'layer'], (set) =>
    each(({ name, config }) => {
      for (const layer of config.health().layers) set({ namespace: name, layer: layer.name }, layer.state === 'live' ? 1 : 0);
    }));
  gauge('config_layer_age_seconds', 'seconds since the source of a layer said something', ['namespace', 'layer'], (set) =>
    each(({ name, config }) => {
      for (const { name: layer, ageMs } of config.health().layers) if (ageMs !== undefined) set({ namespace: name, layer }, ageMs / 1_000);
    }));
  gauge('config_clients', 'clients that wait for news', ['kind'], (set) => {
    for (const kind of ['watch', 'poll'] as const) set({ kind }, clients.count(kind));
  });
  counter('config_commits_total', 'publishes', ['namespace'], (set) => each(({ name }, { commits }) => set({ namespace: name }, commits)));
  counter('config_changes_total', 'keys that moved', ['namespace'], (set) => each(({ name }, { changes }) => set({ namespace: name }, changes)));
  counter('config_rejected_values_total', 'readings that were not taken', ['namespace', 'reason'], errors(refusals, 'reason'));
  counter('config_held_deletions_total', 'mass removals that waited to be confirmed', ['namespace'], errors(['CALUMMA_MASS_REMOVAL']));
  counter('config_snapshot_errors_total', 'failures of the disk cache', ['namespace'], errors(['CALUMMA_CACHE']));
  counter('config_listener_errors_total', 'listeners that failed', ['namespace'], errors(['CALUMMA_LISTENER']));
  counter('config_source_errors_total', 'failures to read a source', ['namespace'], errors(['CALUMMA_SOURCE']));
  registry.registerMetric(latency(each));
  return registry;
}

/** A histogram whose observations were counted before the registry was there, which prom-client's own cannot take in. */
function latency(each: (use: (namespace: Namespace, count: Count) => void) => void): Metric {
  const name = 'config_apply_latency_seconds';
  const get = (): unknown => {
    const values: unknown[] = [];
    each((namespace, { lags, lagSeconds }) => {
      const labels = { namespace: namespace.name };
      let below = 0;
      for (const [at, times] of lags.entries()) {
        below += times;
        values.push({ metricName: `${name}_bucket`, value: below, labels: { ...labels, le: latencyBuckets[at] ?? '+Inf' } });
      }
      values.push({ metricName: `${name}_sum`, value: lagSeconds, labels }, { metricName: `${name}_count`, value: below, labels });
    });
    return { name, help: 'seconds from a write to its publish, where the source knows when it was written', type: 'histogram', values, aggregator: 'sum' };
  };
  // All of a metric that a registry asks for.
  return { name, get: () => Promise.resolve(get()), reset: () => undefined } as unknown as Metric;
}
