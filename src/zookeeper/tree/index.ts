/** A tree of nodes, held in memory and kept in step with the servers. */
export type { ChangesOptions } from './audience.js';
export type { TreeBatch, TreeChange } from './changes.js';
export type { TreeNode } from './node.js';
export type { TreeCacheOptions } from './options.js';
export type { ScopeOptions } from './scope.js';
export { readTree } from './read-tree.js';
export type { ReadTreeOptions } from './read-tree.js';
export { TreeCache } from './tree-cache.js';
export type { TreeState, TreeStateChange } from './tree-cache.js';
