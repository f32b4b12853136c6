import type { Stat } from '../records.js';
import { TreeNode, type Content } from './node.js';
import { StatStore } from './stats.js';

/** What is kept of a node. Its name and its parent are known to whoever has found it. */
interface Held {
  children: Map<string, Held> | undefined;
  content: Content | undefined;
  /** Where its stat is; -1 for a node that we may not read. */
  slot: number;
}

const unreadable = -1;
const slash = '/'.charCodeAt(0);

/** A node with all that it had below, parents first. */
export interface Branch {
  readonly path: string;
  /** `undefined` for a node that could not be read. */
  readonly node: TreeNode | undefined;
}

/** The nodes at and below one path, in little memory. No node is there without its parent. */
export class Tree {
  readonly root: string;
  readonly #stats = new StatStore();
  readonly #keepsData: boolean;
  #top: Held | undefined;
  /** The parent that was last looked for: most nodes are asked for together with their neighbours. */
  #near: { readonly path: string; readonly held: Held } | undefined;
  #size = 0;
  #bytes = 0;
  #unreadable = 0;

  constructor(root: string, keepsData: boolean) {
    this.root = root;
    this.#keepsData = keepsData;
  }

  /** Nodes that are readable. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of their data. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nodes that we may not read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Whether a path is the root or below it: `/testing` is not inside `/test`. */
  contains(path: string): boolean {
    const { length } = this.root;
    return path.startsWith(this.root) && (path.length === length || length === 1 || path.charCodeAt(length) === slash);
  }

  /** How far below the root: 0 for the root itself. */
  depth(path: string): number {
    return this.#names(path).length;
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  /** Whether a node can be put here: its parent is there. */
  hasPlaceFor(path: string): boolean {
    return path === this.root || this.#parentOf(path) !== undefined;
  }

  /** `undefined` for what is not there or cannot be read. */
  node(path: string): TreeNode | undefined {
    const held = this.#find(path);
    return held === undefined ? undefined : this.#nodeOf(path, held);
  }

  stat(path: string): Stat | undefined {
    const held = this.#find(path);
    return held === undefined || held.slot === unreadable ? undefined : this.#stats.get(held.slot);
  }

  /** Bytes of its data; 0 for what is not there or cannot be read. */
  dataLength(path: string): number {
    const held = this.#find(path);
    return held === undefined || held.slot === unreadable ? 0 : this.#stats.dataLength(held.slot);
  }

  /** What it has of this node that is as `stat` says: its data, all of it (its children's part of the stat too), or nothing. */
  sameness(path: string, { mzxid, pzxid, aversion }: Stat): 'none' | 'data' | 'all' {
    const held = this.#find(path);
    if (held === undefined || held.slot === unreadable || this.#stats.mzxid(held.slot) !== mzxid) return 'none';
    return this.#stats.pzxid(held.slot) === pzxid && this.#stats.aversion(held.slot) === aversion ? 'all' : 'data';
  }

  /** Names of all children, those that cannot be read included; `undefined` if the node is not there. */
  names(path: string): Iterable<string> | undefined {
    const held = this.#find(path);
    return held === undefined ? undefined : (held.children?.keys() ?? []);
  }

  count(path: string): number {
    return this.#find(path)?.children?.size ?? 0;
  }

  isReadable(path: string): boolean {
    const held = this.#find(path);
    return held !== undefined && held.slot !== unreadable;
  }

  /** Keeps a node that was read. @returns false if its parent is not there */
  put(path: string, stat: Stat, content: Content): boolean {
    const held = this.#find(path) ?? this.#add(path);
    if (held === undefined) return false;
    if (held.slot === unreadable) {
      held.slot = this.#stats.add(stat);
      this.#unreadable -= 1;
      this.#size += 1;
    } else {
      this.#bytes -= this.#stats.dataLength(held.slot);
      this.#stats.set(held.slot, stat);
    }
    this.#bytes += stat.dataLength;
    held.content = this.#keepsData ? content : undefined;
    return true;
  }

  /** Keeps the new stat of a node whose data is the same. */
  touch(path: string, stat: Stat): void {
    const held = this.#find(path);
    if (held !== undefined && held.slot !== unreadable) this.#stats.set(held.slot, stat);
  }

  /** Notes a node that is there, but may not be read. One that could be read before stays as it was. */
  hide(path: string): void {
    if (this.#find(path) === undefined) this.#add(path);
  }

  /** Takes a node out with all below it, and tells what that was: children before parents. */
  remove(path: string): Branch[] {
    const held = this.#find(path);
    if (held === undefined) return [];
    if (path === this.root) this.#top = undefined;
    else {
      const parent = this.#parentOf(path);
      parent?.children?.delete(nameOf(path));
      if (parent?.children?.size === 0) parent.children = undefined;
    }
    this.#near = undefined;
    const branches = [...this.#below(path, held)].reverse();
    return branches.map(([at, one]) => ({ path: at, node: this.#drop(at, one) }));
  }

  /** All nodes that can be read, parents before children. What changes meanwhile may or may not be seen. */
  *nodes(): Generator<TreeNode> {
    for (const path of this.paths()) {
      const node = this.node(path);
      if (node !== undefined) yield node;
    }
  }

  /** All paths, those that cannot be read included, parents before children. */
  *paths(from = this.root): Generator<string> {
    const held = this.#find(from);
    if (held === undefined) return;
    for (const [path] of this.#below(from, held)) yield path;
  }

  *#below(path: string, held: Held): Generator<[path: string, held: Held]> {
    yield [path, held];
    for (const [name, child] of held.children ?? []) yield* this.#below(childOf(path, name), child);
  }

  #nodeOf(path: string, { slot, content }: Held): TreeNode | undefined {
    return slot === unreadable ? undefined : new TreeNode(path, this.#stats.get(slot), content);
  }

  #add(path: string): Held | undefined {
    const held: Held = { children: undefined, content: undefined, slot: unreadable };
    if (path === this.root) this.#top = held;
    else {
      const parent = this.#parentOf(path);
      if (parent === undefined) return undefined;
      (parent.children ??= new Map<string, Held>()).set(alone(nameOf(path)), held);
    }
    this.#unreadable += 1;
    return held;
  }

  #drop(path: string, held: Held): TreeNode | undefined {
    const node = this.#nodeOf(path, held);
    if (node === undefined) this.#unreadable -= 1;
    else {
      this.#size -= 1;
      this.#bytes -= node.stat.dataLength;
      this.#stats.free(held.slot);
    }
    return node;
  }

  #find(path: string): Held | undefined {
    if (path === this.root || this.#top === undefined) return this.#top;
    return this.contains(path) ? this.#parentOf(path)?.children?.get(nameOf(path)) : undefined;
  }

  #parentOf(path: string): Held | undefined {
    const end = path.lastIndexOf('/') || 1;
    if (this.#near?.path.length === end && path.startsWith(this.#near.path)) return this.#near.held;
    const at = path.slice(0, end);
    let held = this.#top;
    for (const name of this.#names(at)) held = held?.children?.get(name);
    if (held !== undefined) this.#near = { path: at, held };
    return held;
  }

  #names(path: string): string[] {
    const below = path.slice(this.root === '/' ? 1 : this.root.length + 1);
    return below === '' ? [] : below.split('/');
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** In memory of its own: as a part of its path it would keep all of it. */
function alone(name: string): string {
  return Buffer.from(name).toString();
}

export function childOf(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}
