import { type Cell, cell } from '../cells/cell.js';
import type { ClientAnswer, ExplanationAnswer, HistoryAnswer, PreviewAnswer, StatusAnswer, WrittenAnswer } from '../remote/answers.js';
import { type Api, inWords, RefusedError, segment } from '../remote/api.js';
import type { Session } from '../remote/session.js';
import { followersOf } from './followers.js';
import { type Conflict, differsInEffect, type Draft, emptyDraft, patchOf, rollbackOf, signatureOf, whyNot } from './draft.js';

export interface Editor {
  readonly draft: Cell<Draft | undefined>;
  begin(what: 'set' | 'delete', key: string | undefined, layer: string): Promise<void>;
  rollBack(key: string, layer: string, version: string): void;
  change(part: Partial<Draft>): void;
  /** Writes to another layer: whose version counts, then. */
  moveTo(layer: string): Promise<void>;
  /** Previews again: values have moved. */
  refresh(): void;
  write(): Promise<void>;
  /** Goes on from what is there now: a conflict is behind us. */
  accept(conflict: Conflict, mine: boolean): void;
  cancel(): void;
}

export interface EditorOptions {
  readonly api: Api;
  readonly session: Session;
  readonly namespace: () => string;
  /** It is written: the layer and its new version. */
  readonly onWritten: (draft: Draft, written: WrittenAnswer) => void;
}

// After the last letter: a preview asks the sidecar to plan a publish.
const previewAfterMs = 250;

export function createEditor(options: EditorOptions): Editor {
  const { api, session, namespace, onWritten } = options;
  const draft = cell<Draft | undefined>(undefined);
  const previewer = createPreviewer(api, namespace, draft);

  const change = (part: Partial<Draft>): void => {
    const before = draft.get();
    if (before === undefined) return;
    const next = { ...before, ...part };
    draft.set(next);
    if (part.author !== undefined) session.author.set(part.author);
    if (differsInEffect(before, next)) previewer.soon(previewAfterMs);
  };

  const start = (first: Partial<Draft>): void => {
    draft.set({ ...emptyDraft, author: session.author.get(), ...first });
    previewer.soon(0);
  };

  return {
    draft,
    change,
    refresh: () => previewer.soon(previewAfterMs),
    async begin(what, key, layer) {
      if (key === undefined) return start({ what, isNew: true, layer });
      // The version first: the value is then as new or newer, so nobody writes over what they have not seen.
      const expectedVersion = await versionOf(api, namespace(), layer);
      const { value, secret } = await present(api, namespace(), key, layer);
      start({ what, key, layer, expectedVersion, secret, value: secret ? '' : (value ?? '') });
    },
    rollBack: (key, layer, version) => start({ what: 'rollback', key, layer, version }),
    async moveTo(layer) {
      const isNew = draft.get()?.isNew === true;
      change({ layer, expectedVersion: isNew ? undefined : await versionOf(api, namespace(), layer) });
    },
    async write() {
      const subject = draft.get();
      if (subject === undefined || whyNot(subject) !== undefined) return;
      change({ writing: true, problem: undefined });
      const outcome = await attempt(api, namespace(), subject);
      if (outcome.kind === 'refused') return change({ writing: false, ...outcome.why });
      draft.set(undefined);
      onWritten(subject, outcome.written);
    },
    accept({ version, value }, mine) {
      const now = draft.get();
      if (now === undefined) return;
      draft.set({ ...now, conflict: undefined, expectedVersion: version ?? now.expectedVersion, ...(!mine && { value: value ?? '' }) });
      previewer.soon(0);
    },
    cancel() {
      previewer.stop();
      draft.set(undefined);
    },
  };
}

interface Previewer {
  soon(ms: number): void;
  stop(): void;
}

/** Asks what a draft would do; only of the latest one. */
function createPreviewer(api: Api, namespace: () => string, draft: Cell<Draft | undefined>): Previewer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = new AbortController();
  const preview = async (): Promise<void> => {
    const subject = draft.get();
    if (subject === undefined) return;
    asking = new AbortController();
    const { signal } = asking;
    const result = await ask(api, namespace(), subject, signal);
    const now = draft.get();
    if (!signal.aborted && now !== undefined) draft.set({ ...now, preview: result });
  };
  return {
    soon(ms) {
      const now = draft.get();
      asking.abort();
      clearTimeout(timer);
      if (now === undefined || now.key === '') return;
      const last = now.preview.kind === 'ready' ? now.preview.effect : now.preview.kind === 'waiting' ? now.preview.last : undefined;
      draft.set({ ...now, problem: undefined, preview: { kind: 'waiting', last } });
      timer = setTimeout(() => void preview(), ms);
    },
    stop() {
      asking.abort();
      clearTimeout(timer);
    },
  };
}

async function ask(api: Api, namespace: string, draft: Draft, signal: AbortSignal): Promise<Draft['preview']> {
  const rollback = draft.what === 'rollback';
  const path = `v1/${rollback ? 'rollback' : 'preview'}/${segment(namespace)}`;
  const body = rollback ? { ...rollbackOf(draft), reason: 'preview', dryRun: true } : patchOf(draft);
  try {
    const [answer, { clients }] = await Promise.all([
      api.json<PreviewAnswer>(path, { method: 'POST', body, signal }),
      api.json<{ readonly clients: readonly ClientAnswer[] }>('v1/clients', { signal }),
    ]);
    const followers = followersOf(clients, namespace, answer.changes.map(({ key }) => key));
    return { kind: 'ready', effect: { ...answer, followers } };
  } catch (error) {
    return { kind: 'failed', why: inWords(error) };
  }
}

type Outcome =
  | { readonly kind: 'written'; readonly written: WrittenAnswer }
  | { readonly kind: 'refused'; readonly why: Pick<Draft, 'conflict' | 'problem'> };

async function attempt(api: Api, namespace: string, draft: Draft): Promise<Outcome> {
  try {
    return { kind: 'written', written: await send(api, namespace, draft) };
  } catch (error) {
    const isConflict = error instanceof RefusedError && error.status === 412;
    const why = isConflict ? { conflict: await conflict(api, namespace, draft), problem: undefined } : { conflict: undefined, problem: inWords(error) };
    return { kind: 'refused', why };
  }
}

function send(api: Api, namespace: string, draft: Draft): Promise<WrittenAnswer> {
  if (draft.what === 'rollback') {
    return api.json(`v1/rollback/${segment(namespace)}`, { method: 'POST', body: { ...rollbackOf(draft), ...signatureOf(draft) } });
  }
  const expected = draft.expectedVersion === undefined ? {} : { expectedVersion: draft.expectedVersion };
  return api.json(`v1/config/${segment(namespace)}`, { method: 'PATCH', body: { ...patchOf(draft), ...expected, ...signatureOf(draft) } });
}

async function versionOf(api: Api, namespace: string, layer: string): Promise<string | undefined> {
  const status = await api.json<StatusAnswer>('v1/status');
  return status.namespaces[namespace]?.layers.find(({ name }) => name === layer)?.version ?? undefined;
}

/** What stands in the layer, or what answers when it has nothing: one mostly starts from there. */
async function present(api: Api, namespace: string, key: string, layer: string): Promise<{ value: string | undefined; secret: boolean }> {
  const { winner, hidden, secret } = await api.json<ExplanationAnswer>(`v1/explain/${segment(namespace)}/${segment(key)}`);
  const holdings = winner === undefined ? hidden : [winner, ...hidden];
  const own = holdings.find((holding) => holding.layer === layer) ?? holdings[0];
  return { value: own?.raw, secret };
}

async function conflict(api: Api, namespace: string, { key, layer }: Draft): Promise<Conflict> {
  const path = `v1/history/${segment(namespace)}?layer=${segment(layer)}&key=${segment(key)}&limit=1`;
  const { entries } = await api.json<{ readonly entries: readonly HistoryAnswer[] }>(path);
  const [last] = entries;
  return { value: last?.after ?? undefined, author: last?.author, reason: last?.reason, at: last?.at, version: last?.version };
}
