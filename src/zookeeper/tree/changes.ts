import type { TreeNode } from './node.js';

/** One node that came, changed its data, or went. */
export type TreeChange =
  | { readonly type: 'added'; readonly path: string; readonly node: TreeNode; readonly before: undefined }
  | { readonly type: 'updated'; readonly path: string; readonly node: TreeNode; readonly before: TreeNode }
  | { readonly type: 'removed'; readonly path: string; readonly node: undefined; readonly before: TreeNode };

/** What became visible at one moment. What one transaction did is never in two batches. */
export interface TreeBatch {
  /** Parents come before children where they are added, and after them where they are removed. */
  readonly changes: readonly TreeChange[];
  /** How it was found: the first load of a session, a watch, or a comparison of everything after the connection was broken. */
  readonly cause: 'load' | 'watch' | 'reconcile';
  /** The largest transaction that the cache has seen a trace of. */
  readonly zxid: bigint;
  /** More than 30 % of at least 10 nodes went at once: the work of a script that went wrong, perhaps. */
  readonly massRemoval: boolean;
}

/** Two batches as one, for a listener who was not ready for the first before the second came: per node the net difference. */
export function mergeBatches(first: TreeBatch, second: TreeBatch): TreeBatch {
  const merged = new Map(first.changes.map((change) => [change.path, change]));
  for (const change of second.changes) {
    const earlier = merged.get(change.path);
    // At its new place, so that parents still stand before their children.
    merged.delete(change.path);
    const net = earlier === undefined ? change : changeOf(change.path, earlier.before, change.node);
    if (net !== undefined) merged.set(change.path, net);
  }
  return { ...second, changes: [...merged.values()], massRemoval: first.massRemoval || second.massRemoval };
}

/** What leads from one state of a node to another. */
export function changeOf(path: string, before: TreeNode | undefined, node: TreeNode | undefined): TreeChange | undefined {
  if (node !== undefined) return before === undefined ? { type: 'added', path, node, before } : { type: 'updated', path, node, before };
  return before === undefined ? undefined : { type: 'removed', path, node, before };
}

/** @param before nodes that there were */
export function isMassRemoval(changes: readonly TreeChange[], before: number): boolean {
  if (before < 10) return false;
  const removed = changes.reduce((count, { type }) => count + (type === 'removed' ? 1 : 0), 0);
  return removed > before * 0.3;
}
