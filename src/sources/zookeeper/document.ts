import { diff } from '../../core/diff.js';
import { FormatError } from '../../core/errors.js';
import type { FullReading, Reading } from '../../core/model.js';
import type { TreeBatch, TreeCache, TreeNode } from '../../zookeeper/tree/index.js';
import type { Layout } from './layout.js';
import type { Place } from './options.js';
import { originOf } from './origin.js';
import { textIn } from './text.js';

/** One node holds a text with all properties. */
export class OneDocument implements Layout {
  readonly #place: Place;
  readonly #maxBytes: number;
  /** What was said last. */
  #entries: ReadonlyMap<string, string> = new Map();

  constructor(place: Place, maxBytes: number) {
    this.#place = place;
    this.#maxBytes = maxBytes;
  }

  whole(cache: TreeCache): Promise<FullReading> {
    const node = cache.get(this.#place.root);
    this.#entries = this.#parsed(node);
    return Promise.resolve({ kind: 'full', entries: this.#entries, ...this.about(cache), ...timeOf(node) });
  }

  part(_batch: TreeBatch, cache: TreeCache): Reading {
    const node = cache.get(this.#place.root);
    const before = this.#entries;
    this.#entries = this.#parsed(node);
    return { kind: 'patch', ...diff(before, this.#entries), ...this.about(cache), ...timeOf(node) };
  }

  about(cache: TreeCache): Pick<Reading, 'version' | 'locate'> {
    const node = cache.get(this.#place.root);
    return { version: String(node?.stat.mzxid ?? 0n), locate: (key) => this.#locate(node, key) };
  }

  #parsed(node: TreeNode | undefined): ReadonlyMap<string, string> {
    if (node === undefined) return new Map();
    const text = this.#text(node);
    try {
      return new Map(this.#place.format.parse(text));
    } catch (error) {
      throw error instanceof FormatError ? error.in(`${this.#place.what}: ${this.#origin(node)}`) : error;
    }
  }

  #locate(node: TreeNode | undefined, key: string): string | undefined {
    if (node === undefined || !this.#entries.has(key)) return undefined;
    const position = this.#place.format.locate?.(this.#text(node), key);
    return position === undefined ? this.#origin(node) : `${this.#origin(node)}:${position.line}`;
  }

  #origin(node: TreeNode): string {
    return originOf(this.#place, node, this.#place.root);
  }

  #text(node: TreeNode): string {
    const { what, gzip } = this.#place;
    return textIn(node, { what, gzip, maxBytes: this.#maxBytes });
  }
}

function timeOf(node: TreeNode | undefined): { writtenAt?: number } {
  return node === undefined ? {} : { writtenAt: node.stat.mtime };
}
