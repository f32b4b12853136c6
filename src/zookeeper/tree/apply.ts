import { parentOf } from '../paths.js';
import { changeOf, type TreeChange } from './changes.js';
import type { Staged } from './crawl.js';
import { TreeNode } from './node.js';
import type { Tree } from './tree.js';

/** What came of a stage. */
export interface Applied {
  readonly changes: TreeChange[];
  /** Parents that are not there, of nodes that are. */
  readonly orphaned: Set<string>;
  /** The largest transaction among what was applied. */
  zxid: bigint;
}

const perSlice = 400;

/**
 * Brings what was read into the tree, and tells what it changed. In slices, for large ones.
 *
 * What was read last counts, also where it is older than what the tree has. Within one connection that cannot be, because answers
 * come in order; over two it means that servers have lost what they had told: killed ones may, and those set up from an older copy.
 */
export function* apply(tree: Tree, staged: ReadonlyMap<string, Staged>): Generator<void, Applied, void> {
  const applied: Applied = { changes: [], orphaned: new Set(), zxid: 0n };
  const applyOne = (path: string, what: Staged): void => {
    if (what.kind === 'absent') return removed(tree, path, applied);
    const parent = tree.hasPlaceFor(path) ? undefined : parentOf(path);
    if (parent !== undefined) {
      // It was read again behind its children, and has its own turn as well.
      const above = staged.get(parent);
      if (above?.kind === 'node') applyOne(parent, above);
      else applied.orphaned.add(parent);
    }
    if (what.kind === 'unreadable') return tree.hide(path);
    read(tree, path, what, applied);
  };
  let count = 0;
  for (const [path, what] of staged) {
    applyOne(path, what);
    if (++count % perSlice === 0) yield;
  }
  return applied;
}

function removed(tree: Tree, path: string, { changes }: Applied): void {
  for (const { path: at, node } of tree.remove(path)) {
    const change = changeOf(at, node, undefined);
    if (change !== undefined) changes.push(change);
  }
}

function read(tree: Tree, path: string, { stat, content }: Staged & { kind: 'node' }, applied: Applied): void {
  for (const zxid of [stat.mzxid, stat.pzxid]) if (zxid > applied.zxid) applied.zxid = zxid;
  if (content === undefined) return tree.touch(path, stat);
  const before = tree.node(path);
  const node = new TreeNode(path, stat, content);
  if (!tree.put(path, stat, content)) return;
  // Written again as it was: nothing that anybody could act on. Deleted and created again it is another node.
  if (before?.holds(content) === true && before.stat.czxid === stat.czxid) return;
  const change = changeOf(path, before, node);
  if (change !== undefined) applied.changes.push(change);
}
