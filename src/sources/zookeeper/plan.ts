import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { pathProblem } from '../../zookeeper/paths.js';
import type { Operation } from '../../zookeeper/index.js';
import type { TreeNode } from '../../zookeeper/tree/index.js';
import type { CheckedWrite } from '../store/write.js';
import type { Changed } from './chronicle.js';
import { isProperty, Keys } from './keys.js';
import { isOwnedBy, type Place } from './options.js';
import { dataOf, textIn } from './text.js';

/** What there is, read at one moment. */
export type Nodes = ReadonlyMap<string, TreeNode>;

/** What a write is to do. */
export interface Plan {
  readonly operations: readonly Operation[];
  /** Keys whose value is another one afterwards. */
  readonly changes: readonly Changed[];
  /** Bytes of all keys and values afterwards. */
  readonly bytes: number;
}

const unlimited = 64 * 1024 * 1024;

/** What a node says, as far as it can be read: what is no text is about to be written over. */
export function lenientText(node: TreeNode, { what, gzip }: Place): string {
  try {
    return textIn(node, { what, gzip, maxBytes: unlimited });
  } catch {
    return node.text ?? '';
  }
}

/** Plans a write where each node is a property. */
export class NodePlan {
  readonly #what: string;
  readonly #place: Place;
  readonly #nodes: Nodes;
  readonly #keys: Keys;
  readonly #counts = new Map<string, number>();
  readonly #operations: Operation[] = [];
  readonly #changes: Changed[] = [];
  readonly #created = new Set<string>();
  #bytes = 0;

  constructor(what: string, place: Place, nodes: Nodes) {
    this.#what = what;
    this.#place = place;
    this.#nodes = nodes;
    this.#keys = new Keys(place.root, place.separator);
    for (const [path, node] of nodes) {
      if (this.#isProperty(path)) this.#bytes += costOf(this.#keys.keyOf(path), lenientText(node, place));
    }
  }

  /** The node of a key, if there is one. */
  nodeOf(key: string): TreeNode | undefined {
    const [one, other] = [...this.#keys.pathsOf(key, (path) => this.#nodes.has(path))].filter((path) => this.#isProperty(path));
    if (other === undefined) return one === undefined ? undefined : this.#nodes.get(one);
    throw new ConfigError('CALUMMA_OPTION', `${this.#what}(entries): expected one node for the key ${quote(key)}, found ${quote(one ?? '')} and ${quote(other)}: delete one of them`);
  }

  plan({ set, remove }: CheckedWrite): Plan {
    // Removals first: what is set may take the place of what goes.
    for (const key of remove) this.#remove(key);
    for (const [key, value] of set) this.#set(key, value);
    return { operations: this.#operations, changes: this.#changes, bytes: this.#bytes };
  }

  #set(key: string, value: string): void {
    const node = this.nodeOf(key);
    const before = node && lenientText(node, this.#place);
    if (before === value) return;
    const path = node?.path ?? this.#pathFor(key);
    if (value === '' && this.#count(path) > 0) throw this.#refused(key, 'a text that is not empty: its node has children, and without data it is only a folder for them');
    const data = dataOf(value, this.#place.gzip);
    const there = this.#nodes.get(path);
    if (there === undefined) this.#create(key, path, data);
    else if (value === '' && there.stat.cversion > 0) this.#renew(there);
    else this.#operations.push({ op: 'set', path, data, version: there.stat.version });
    this.#changed(key, before, value);
  }

  #create(key: string, path: string, data: Buffer): void {
    this.#makeFolders(key, above(path));
    this.#operations.push({ op: 'create', path, data });
    this.#created.add(path);
    this.#counts.set(above(path), this.#count(above(path)) + 1);
  }

  /** A node that had children once, and is to be a property without a text. */
  #renew({ path, stat }: TreeNode): void {
    this.#operations.push({ op: 'delete', path, version: stat.version }, { op: 'create', path });
  }

  /** Folders are containers, which the server takes away when they are empty; the root stays. */
  #makeFolders(key: string, path: string): void {
    if (path.length <= this.#place.root.length || path === this.#place.root) {
      if (!this.#nodes.has(this.#place.root) && !this.#created.has(this.#place.root)) this.#operations.push({ op: 'create', path: this.#place.root });
      this.#created.add(this.#place.root);
      return;
    }
    const node = this.#nodes.get(path);
    if (node !== undefined || this.#created.has(path)) {
      if (node?.stat.dataLength === 0 && isProperty(node.stat)) throw this.#refused(key, `no key below ${quote(this.#keys.keyOf(path))}, which is an empty text: with a child its node would be only a folder`);
      return;
    }
    this.#makeFolders(key, above(path));
    this.#operations.push({ op: 'create', path, mode: 'container' });
    this.#created.add(path);
    this.#counts.set(above(path), this.#count(above(path)) + 1);
  }

  #remove(key: string): void {
    const node = this.nodeOf(key);
    if (node === undefined) return;
    const { path, stat } = node;
    if (this.#count(path) > 0) this.#operations.push({ op: 'set', path, data: '', version: stat.version });
    else {
      this.#operations.push({ op: 'delete', path, version: stat.version });
      this.#counts.set(above(path), this.#count(above(path)) - 1);
    }
    this.#changed(key, lenientText(node, this.#place), undefined);
  }

  #changed(key: string, before: string | undefined, after: string | undefined): void {
    this.#changes.push({ key, before, after });
    this.#bytes += (after === undefined ? 0 : costOf(key, after)) - (before === undefined ? 0 : costOf(key, before));
  }

  #pathFor(key: string): string {
    const path = this.#keys.pathFor(key);
    const problem = key === '' ? 'expected a name, found an empty key' : pathProblem(path);
    if (problem !== undefined) throw this.#refused(key, `a key that can be the name of a node: ${problem}`);
    // A slash can only be what joins names.
    if (!isOwnedBy(this.#place, path)) throw this.#refused(key, 'another key: this node belongs to the server, or to the history or the heartbeat of this root');
    if (this.#keys.keyOf(path) !== key) throw this.#refused(key, 'a key without "/": names of nodes have none; with `separator: "/"` it joins them');
    return path;
  }

  #refused(key: string, expected: string): ConfigError {
    return new ConfigError('CALUMMA_OPTION', `${this.#what}(entries): ${quote(key)}: expected ${expected}`);
  }

  #isProperty(path: string): boolean {
    const node = this.#nodes.get(path);
    return node !== undefined && path !== this.#place.root && isProperty(node.stat);
  }

  /** Children, as this write leaves them; those that we may not read included. */
  #count(path: string): number {
    return this.#counts.get(path) ?? this.#nodes.get(path)?.stat.numChildren ?? 0;
  }
}

function above(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function costOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value);
}
