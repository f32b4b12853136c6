import { parentOf } from '../paths.js';
import type { Tree } from './tree.js';

/** Which nodes a cache is about, besides all at and below its root. */
export interface ScopeOptions {
  /** How many levels below the root: 0 is the root alone. Default: all. */
  readonly maxDepth?: number;
  /** Whether a node is seen at all; what is below one that is not is not seen either. Default: all. */
  readonly accept?: (path: string) => boolean;
  /** Whether the children of a node are seen. Default: of all. */
  readonly descend?: (path: string) => boolean;
}

export class Scope {
  readonly #tree: Tree;
  readonly #isWhole: boolean;
  readonly #maxDepth: number;
  readonly #accept: (path: string) => boolean;
  readonly #descend: (path: string) => boolean;

  constructor(tree: Tree, { maxDepth = Infinity, accept = all, descend = all }: ScopeOptions) {
    this.#tree = tree;
    this.#isWhole = maxDepth === Infinity && accept === all && descend === all;
    this.#maxDepth = maxDepth;
    this.#accept = accept;
    this.#descend = descend;
  }

  get isRootOnly(): boolean {
    return this.#maxDepth === 0;
  }

  /** Whether this node is seen if its parent is. */
  takes(path: string): boolean {
    if (this.#isWhole || !this.#tree.contains(path)) return this.#tree.contains(path);
    const depth = this.#tree.depth(path);
    if (depth > this.#maxDepth || !this.#accept(path)) return false;
    return depth === 0 || this.#descend(parentOf(path) ?? '/');
  }

  opens(path: string): boolean {
    return this.#isWhole || (this.#tree.depth(path) < this.#maxDepth && this.#descend(path));
  }
}

const all = (): boolean => true;
