import type { Namespace } from '../held/namespace.js';
import { badRequest } from '../http/problem.js';
import { type Edit, patchOf } from './edit.js';
import { untilSeen } from './seen.js';
import type { Signature } from './signature.js';

export interface WriteAnswer {
  readonly namespace: string;
  readonly layer: string;
  /** Of the store, with the write. */
  readonly version: string;
  /** Of the namespace when this was answered. */
  readonly revision: string;
  /** `revision` has it. Else it is written, and will be shown when its source has read it. */
  readonly seen: boolean;
}

/**
 * Writes to a layer, in one transaction, what this config would take: what a guard or a limit refuses is not written.
 *
 * @throws Problem 400; ConfigError of the store or of the preview
 */
export async function write(namespace: Namespace, edit: Edit, about: Signature & { readonly expectedVersion: string | undefined }): Promise<WriteAnswer> {
  if (edit.entries.size === 0) throw badRequest('expected at least one key to set or delete');
  const { config, name } = namespace;
  const moves = config.preview(patchOf(edit)).length > 0;
  const { version } = await config.writable(edit.layer).set(edit.entries, about);
  const seen = await untilSeen(config, edit, version, moves);
  return { namespace: name, layer: edit.layer, version, revision: namespace.revision, seen };
}
