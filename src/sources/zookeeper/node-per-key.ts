import { setImmediate as nextTurn } from 'node:timers/promises';

import { SourceError } from '../../core/errors.js';
import type { FullReading, Reading } from '../../core/model.js';
import { quote } from '../../core/redact.js';
import type { TreeBatch, TreeCache, TreeChange, TreeNode } from '../../zookeeper/tree/index.js';
import { isProperty, Keys } from './keys.js';
import type { Layout } from './layout.js';
import { originOf } from './origin.js';
import type { Place } from './options.js';
import { textIn } from './text.js';

const nodesPerSlice = 500;

/** Each node below the root is a property. */
export class NodePerKey implements Layout {
  readonly #place: Place;
  readonly #maxBytes: number;
  readonly #keys: Keys;

  constructor(place: Place, maxBytes: number) {
    this.#place = place;
    this.#maxBytes = maxBytes;
    this.#keys = new Keys(place.root, place.separator);
  }

  async whole(cache: TreeCache): Promise<FullReading> {
    for (;;) {
      const { zxid } = cache;
      const reading = await this.#tryWhole(cache);
      // What has changed between two slices must not be there by half.
      if (cache.zxid === zxid) return reading;
    }
  }

  about(cache: TreeCache): Pick<Reading, 'version' | 'locate'> {
    return { version: String(cache.zxid), locate: (key) => this.#locate(cache, key) };
  }

  part(batch: TreeBatch, cache: TreeCache): Reading | undefined {
    const set = new Map<string, string>();
    const remove = new Set<string>();
    const touched = new Set<string>();
    let writtenAt = 0;
    for (const change of batch.changes) {
      for (const path of this.#touchedBy(change, cache)) touched.add(path);
      writtenAt = Math.max(writtenAt, change.node?.stat.mtime ?? 0);
    }
    for (const path of touched) {
      const node = cache.get(path);
      const key = this.#keys.keyOf(path);
      if (node !== undefined && isProperty(node.stat)) {
        this.#checkAlone(cache, key);
        set.set(key, this.#text(node));
        remove.delete(key);
      } else if (!set.has(key)) {
        remove.add(key);
      }
    }
    return { kind: 'patch', set, remove, ...this.about(cache), ...(writtenAt === 0 ? {} : { writtenAt }) };
  }

  /** A node, and its parent where that was a property only as long as it had no children: it has no data. */
  #touchedBy({ path, type }: TreeChange, cache: TreeCache): string[] {
    const { root } = this.#place;
    if (path === root) return [];
    const parent = path.slice(0, path.lastIndexOf('/'));
    const counts = type === 'added' && parent !== root && cache.get(parent)?.stat.dataLength === 0;
    return counts ? [path, parent] : [path];
  }

  async #tryWhole(cache: TreeCache): Promise<FullReading> {
    const entries = new Map<string, string>();
    let writtenAt = 0;
    let count = 0;
    for (const node of cache) {
      if (node.path === this.#place.root) continue;
      count += 1;
      if (count % nodesPerSlice === 0) await nextTurn();
      writtenAt = Math.max(writtenAt, node.stat.mtime);
      if (!isProperty(node.stat)) continue;
      const key = this.#keys.keyOf(node.path);
      if (entries.has(key)) this.#checkAlone(cache, key);
      entries.set(key, this.#text(node));
    }
    return { kind: 'full', entries, ...this.about(cache), ...(writtenAt === 0 ? {} : { writtenAt }) };
  }

  #text(node: TreeNode): string {
    const { what, gzip } = this.#place;
    return textIn(node, { what, gzip, maxBytes: this.#maxBytes });
  }

  #locate(cache: TreeCache, key: string): string | undefined {
    const [path] = this.#propertiesNamed(cache, key);
    return path === undefined ? undefined : originOf(this.#place, cache.get(path), path);
  }

  #propertiesNamed(cache: TreeCache, key: string): string[] {
    return [...this.#keys.pathsOf(key, (path) => cache.has(path))].filter((path) => {
      const node = cache.get(path);
      return node !== undefined && isProperty(node.stat);
    });
  }

  #checkAlone(cache: TreeCache, key: string): void {
    if (this.#place.separator === '/') return;
    const [one, other] = this.#propertiesNamed(cache, key);
    if (other === undefined) return;
    throw new SourceError(`${this.#place.what}: expected one node for the key ${quote(key)}, found ${quote(one ?? '')} and ${quote(other)}: delete one of them`);
  }
}
