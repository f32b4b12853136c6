import type { PreviewAnswer } from '../remote/answers.js';
import type { Followers } from './followers.js';

/** What somebody is about to write. */
export interface Draft {
  readonly what: 'set' | 'delete' | 'rollback';
  readonly key: string;
  /** A key that nobody has yet: its name can be typed. */
  readonly isNew: boolean;
  readonly layer: string;
  readonly value: string;
  /** The present value is not shown, so the new one starts empty. */
  readonly secret: boolean;
  /** The version of the store that was seen when the draft was begun. */
  readonly expectedVersion: string | undefined;
  /** For a rollback: the version to go back to, and whether all of the layer goes. */
  readonly version: string | undefined;
  readonly wholeLayer: boolean;
  readonly author: string;
  readonly reason: string;
  readonly preview: Preview;
  readonly conflict: Conflict | undefined;
  readonly problem: string | undefined;
  readonly writing: boolean;
}

export type Preview =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly last: Effect | undefined }
  | { readonly kind: 'ready'; readonly effect: Effect }
  | { readonly kind: 'failed'; readonly why: string };

/** What a write would do, and who would be told. */
export interface Effect extends PreviewAnswer {
  readonly followers: readonly Followers[];
}

/** Somebody else wrote first. */
export interface Conflict {
  readonly value: string | undefined;
  readonly author: string | undefined;
  readonly reason: string | undefined;
  readonly at: string | undefined;
  /** The version to write over. */
  readonly version: string | undefined;
}

export const emptyDraft: Draft = {
  what: 'set',
  key: '',
  isNew: false,
  layer: '',
  value: '',
  secret: false,
  expectedVersion: undefined,
  version: undefined,
  wholeLayer: false,
  author: '',
  reason: '',
  preview: { kind: 'none' },
  conflict: undefined,
  problem: undefined,
  writing: false,
};

/** Why it cannot be written yet; `undefined` when it can. */
export function whyNot(draft: Draft): string | undefined {
  if (draft.key === '' && draft.what === 'set') return 'A key is needed.';
  if (draft.reason.trim() === '') return 'Say why: the reason stands in the history.';
  if (draft.writing) return 'It is being written.';
  return draft.preview.kind === 'ready' ? undefined : 'The preview has to be there first.';
}

/** Whether another preview is due. */
export function differsInEffect(a: Draft, b: Draft): boolean {
  return a.key !== b.key || a.layer !== b.layer || a.value !== b.value || a.wholeLayer !== b.wholeLayer;
}

/** The body of PATCH /v1/config and of POST /v1/preview. */
export function patchOf(draft: Draft): Readonly<Record<string, unknown>> {
  const what = draft.what === 'delete' ? { delete: [draft.key] } : { set: { [draft.key]: draft.value } };
  return { ...what, layer: draft.layer };
}

/** The body of POST /v1/rollback. */
export function rollbackOf(draft: Draft): Readonly<Record<string, unknown>> {
  return { layer: draft.layer, version: draft.version, ...(!draft.wholeLayer && { keys: [draft.key] }) };
}

export function signatureOf({ author, reason }: Draft): Readonly<Record<string, string>> {
  return { reason: reason.trim(), ...(author.trim() !== '' && { author: author.trim() }) };
}
