import { type Change, type ChangeSet, type Config, type Explanation, type HistoryEntry, planRollback } from '../../index.js';
import { configOf } from '../config.js';
import type { Access, AccessChoice, Done, Edit, Explained, HistoryLine, HistoryQuery, Holder, Listener, News, Preview, Row, Signature } from './access.js';
import { nothingToUndo } from './nothing-to-undo.js';
import { aborted } from './until.js';

/** A cascade of this process. */
export async function openLocal(choice: AccessChoice): Promise<Access> {
  const config = configOf(choice);
  try {
    await config.ready();
  } catch (error) {
    await config.close();
    throw error;
  }
  return accessTo(config);
}

function accessTo(config: Config): Access {
  return {
    get: (key) => Promise.resolve(config.get(key)),
    keys: () => Promise.resolve(config.keys()),
    list: (prefix) => Promise.resolve(config.keys(prefix).sort().map((key) => rowOf(config.explain(key)))),
    explain: (key) => Promise.resolve(explainedBy(config.explain(key))),
    watch: (prefix, listener, signal) => watch(config, prefix, listener, signal),
    preview: (edit) => Promise.resolve(preview(config, edit)),
    write: (edit, signature, expectedVersion) => write(config, edit, signature, expectedVersion),
    history: (query) => history(config, query),
    previewRollback: async (version, layer) => preview(config, await rollbackEdit(config, version, layer)),
    rollback: async (version, signature, layer) => {
      const edit = await rollbackEdit(config, version, layer);
      return write(config, edit, signature, edit.expectedVersion);
    },
    close: () => config.close(),
  };
}

function rowOf({ key, value, secret, winner, hidden }: Explanation): Row {
  const ambient = winner?.origin?.startsWith('env:') === true && hidden.length === 0;
  return { key, value: value ?? '', secret, layer: winner?.layer ?? null, origin: winner?.origin ?? null, ambient };
}

function explainedBy({ key, value, secret, winner, hidden, unread, interpolation, errors }: Explanation): Explained {
  const problems = errors.map(({ code, message }) => ({ code, message }));
  return { key, value: value ?? null, secret, winner: winner === undefined ? null : holderOf(winner), hidden: hidden.map(holderOf), unread, interpolation, errors: problems };
}

function holderOf({ layer, raw, origin, since, staleSince }: NonNullable<Explanation['winner']>): Holder {
  return { layer, raw, origin, since: since?.toISOString(), ...(staleSince && { staleSince: staleSince.toISOString() }) };
}

async function watch(config: Config, prefix: string, listener: Listener, signal: AbortSignal): Promise<void> {
  // Kept rather than asked for anew: a value that is gone can no longer be asked whether it was filled from a secret.
  const masked = new Map<string, string>();
  const show = (key: string, value: string | undefined): string | null => masked.get(key) ?? value ?? null;
  const learn = (key: string): void => {
    const value = config.masked(key);
    masked.delete(key);
    if (value !== undefined && value !== config.get(key)) masked.set(key, value);
  };
  const told = (change: Change, set: ChangeSet): News['changes'][number] => {
    const { key, layer } = change;
    const before = change.before === undefined ? null : show(key, change.before);
    learn(key);
    return { key, before, after: change.after === undefined ? null : show(key, change.after), layer, lagMs: lagOf(change, set) };
  };
  config.keys(prefix).forEach(learn);
  config.on('change', (set) => listener.change({ at: set.at.toISOString(), changes: set.changes.map((change) => told(change, set)) }), { prefix, signal });
  config.on('state', ({ at, layer, state }) => listener.state({ at: at.toISOString(), layer, state }), { signal });
  listener.ready();
  await aborted(signal);
}

/** From the write to its publish, where the source knows when it was written. */
function lagOf({ layer }: Change, { at, causes }: ChangeSet): number | null {
  const writtenAt = causes.find((cause) => cause.layer === layer && cause.writtenAt !== undefined)?.writtenAt;
  return writtenAt === undefined ? null : Math.max(0, at.getTime() - writtenAt.getTime());
}

function preview(config: Config, { set, remove, layer = config.writables[0] }: Edit): Preview {
  config.writable(layer);
  const changes = config.preview({ layer, set, delete: remove }).map(({ key, before, after, secret }) => {
    const shown = (value: string | undefined): string | null => (value === undefined ? null : secret ? '***' : config.shown(key, value));
    return { key, before: shown(before), after: shown(after) };
  });
  const rank = (name: string): number => config.layers.indexOf(name);
  const hidden = [...set.keys(), ...remove].flatMap((key) => {
    const by = config.explain(key).winner?.layer;
    return by !== undefined && layer !== undefined && rank(by) < rank(layer) ? [{ key, by }] : [];
  });
  return { layer: layer ?? null, changes, hidden };
}

async function write(config: Config, { set, remove, layer = config.writables[0] }: Edit, signature: Signature, expectedVersion?: string): Promise<Done> {
  const store = config.writable(layer);
  const entries = [...[...remove].map((key) => [key, null] as const), ...set];
  const { version } = await store.set(entries, { ...signature, ...(expectedVersion !== undefined && { expectedVersion }) });
  return { layer: layer ?? '', version };
}

async function history(config: Config, { layer, key, limit }: HistoryQuery): Promise<HistoryLine[]> {
  const entries = await config.writable(layer).history(key, limit);
  return entries.map((entry) => lineOf(config, entry));
}

function lineOf(config: Config, { key, before, after, version, author, reason, at }: HistoryEntry): HistoryLine {
  const shown = (text: string | undefined): string | null => (text === undefined ? null : config.shown(key, text));
  return { key, before: shown(before), after: shown(after), version, author, reason, at: at.toISOString() };
}

/** What would put a store back, as an edit of its layer. */
async function rollbackEdit(config: Config, version: string, layer = config.writables[0]): Promise<Edit & { readonly expectedVersion: string | undefined }> {
  const { entries, expectedVersion } = await planRollback(config.writable(layer), version);
  if (entries.size === 0) throw await nothingToUndo(version, expectedVersion);
  const set = [...entries].filter((entry): entry is [string, string] => entry[1] !== null);
  const remove = [...entries.keys()].filter((key) => entries.get(key) === null);
  return { layer, set: new Map(set), remove: new Set(remove), expectedVersion };
}
