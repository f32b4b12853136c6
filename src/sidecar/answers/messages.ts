import type { StateChange } from '../../index.js';
import { bodyOf } from './format.js';
import type { Commit, Namespace } from '../held/namespace.js';
import type { View } from '../held/view.js';

/** A message of the event stream without its `id:`. JSON has no line breaks, so one `data:` line holds it. */
export function messageOf(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

export const idLine = (id: string): string => `id: ${id}\n`;

/** The whole set, in pieces: the large one is shared by all who get it. */
export function snapshotMessage(namespace: Namespace, view: View): readonly (string | Buffer)[] {
  return ['event: snapshot\ndata: ', snapshotHead(namespace), bodyOf(view, 'json'), '\n\n'];
}

/** `{"namespace":…,"asOf":…,`: what goes before the values, and changes with each asking. */
export function snapshotHead(namespace: Namespace): string {
  const { source, asOf } = namespace.stand;
  const head = { namespace: namespace.name, revision: namespace.revision, source, asOf: new Date(asOf ?? Date.now()).toISOString() };
  return `${JSON.stringify(head).slice(0, -1)},`;
}

/** What a commit changed in a view; `undefined` when nothing of it shows there. */
export function changeMessage(namespace: string, commit: Commit, view: View): string | undefined {
  const changes = view.part(commit).map(({ key, is, isMasked, layer }) =>
    is === undefined ? { key, op: 'delete', layer } : { key, op: 'set', value: is, ...(isMasked && { masked: true }), layer },
  );
  if (changes.length === 0) return undefined;
  const { revision, at, lagMs } = commit;
  return messageOf('change', JSON.stringify({ namespace, revision, at: new Date(at).toISOString(), lagMs, changes }));
}

export function stateMessage(namespace: string, { layer, state, at }: StateChange): string {
  return messageOf('state', JSON.stringify({ namespace, layer, state, since: at.toISOString() }));
}
