import type { HistoryEntry, WriteEntries, WriteOptions, Written } from '../../core/writable.js';
import { keptAwake } from '../awake.js';
import { checkedRemoval, checkedWrite, checkHistory, maxStoreBytes, type CheckedWrite } from '../store/write.js';
import { errorAt, writeError } from './errors.js';
import { notUnderstood, objectIn } from './messages.js';
import type { SidecarSpec } from './options.js';
import { ask, type Call } from './request.js';

export async function set(spec: SidecarSpec, entries: WriteEntries, options: WriteOptions): Promise<Written> {
  return keptAwake(send(spec, `${spec.name}.set`, checkedWrite(`${spec.name}.set`, entries, options)));
}

export async function remove(spec: SidecarSpec, keys: string | Iterable<string>, options: WriteOptions): Promise<Written> {
  return keptAwake(send(spec, `${spec.name}.delete`, checkedRemoval(`${spec.name}.delete`, keys, options)));
}

export async function history(spec: SidecarSpec, key: string | undefined, limit: number | undefined): Promise<HistoryEntry[]> {
  const what = `${spec.name}.history`;
  const asked = checkHistory(what, key, limit);
  const query = new URLSearchParams({ limit: String(asked.limit) });
  if (asked.key !== undefined) query.set('key', asked.key);
  if (spec.writeTo !== undefined) query.set('layer', spec.writeTo);
  const found = await keptAwake(answerOf(spec, what, { path: `/v1/history/${encodeURIComponent(spec.config)}?${query.toString()}` }));
  return entriesIn(found).map(({ key: of, before, after, version, author, reason, at }) => ({ key: of, before: before ?? undefined, after: after ?? undefined, version, author, reason, at: new Date(at) }));
}

async function send(spec: SidecarSpec, what: string, write: CheckedWrite): Promise<Written> {
  const { set: entries, remove: keys, author, reason, expectedVersion } = write;
  const body = JSON.stringify({ set: Object.fromEntries(entries), delete: [...keys], layer: spec.writeTo, expectedVersion, author, reason });
  const { version } = await answerOf(spec, what, { method: 'PATCH', path: `/v1/config/${encodeURIComponent(spec.config)}`, body });
  if (typeof version !== 'string') throw errorAt(what, spec.address(), notUnderstood());
  return { version };
}

/** The JSON that a sidecar answers with. @throws ConfigError */
async function answerOf(spec: SidecarSpec, what: string, call: Pick<Call, 'method' | 'path' | 'body'>): Promise<Readonly<Record<string, unknown>>> {
  const address = spec.address();
  try {
    const token = await spec.token(new AbortController().signal);
    const answer = await ask(spec, { ...call, address, token, patienceMs: spec.timeoutMs, maxChars: 16 * maxStoreBytes, holds: true });
    if (answer.status !== 200) throw writeError(what, address, answer, spec);
    return objectIn(answer.text);
  } catch (thrown) {
    throw errorAt(what, address, thrown);
  }
}

type Told = Omit<HistoryEntry, 'before' | 'after' | 'at'> & { readonly before?: string | null; readonly after?: string | null; readonly at: string };

function entriesIn({ entries }: Readonly<Record<string, unknown>>): readonly Told[] {
  return Array.isArray(entries) ? (entries as Told[]) : [];
}
