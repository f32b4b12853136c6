import type { Config, HistoryEntry } from '../../index.js';
import type { AddRoutes } from '../app.js';
import { badRequest } from '../http/problem.js';
import { namespaceOf } from '../http/target.js';
import { layerOf } from '../writing/edit.js';

const most = 10_000;

/** `/v1/history/{ns}?layer=&key=&limit=`: what was written to a layer, by whom and why, newest first. */
export const addHistory: AddRoutes = (app, { namespaces }) => {
  app.get('/v1/history/*', async (context) => {
    const { access, target } = context.env;
    const { name, config } = namespaces.get(namespaceOf(target));
    const layer = layerOf(config, target.query.get('layer') ?? undefined);
    const entries = await config.writable(layer).history(target.query.get('key') ?? undefined, limitOf(target.query.get('limit')));
    return context.json({ namespace: name, layer, entries: entries.map((entry) => shown(config, entry, access.reveal)) });
  });
};

function shown(config: Config, entry: HistoryEntry, reveal: boolean): unknown {
  const show = (text: string | undefined): string | null => (text === undefined || reveal ? (text ?? null) : config.shown(entry.key, text));
  return { ...entry, before: show(entry.before), after: show(entry.after) };
}

function limitOf(text: string | null): number {
  const limit = Number(text ?? 100);
  if (Number.isInteger(limit) && limit > 0 && limit <= most) return limit;
  throw badRequest(`limit: expected a whole number from 1 to ${most}`);
}
