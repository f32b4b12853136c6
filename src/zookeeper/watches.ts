import { lineageOf, parentOf } from './paths.js';
import type { WatchEvent } from './records.js';

/** Told of what happens to a watched node. What it throws is reported, and disturbs nobody. */
export type WatchListener = (event: WatchEvent) => unknown;

/** How a lasting watch looks: at one node and the list of its children, or at a node and all below it. */
export type WatchMode = 'persistent' | 'recursive';

/** What a one-shot watch waits for, which is what left it: reading data, looking for a node, listing children. */
export type OneShotKind = 'data' | 'exists' | 'children';

/** A lasting watch of one listener; one listener may have several. */
export interface LastingWatch {
  readonly path: string;
  readonly mode: WatchMode;
  readonly listener: WatchListener;
}

/** The paths of one `SetWatches` request. */
export type WatchLists = Record<OneShotKind | WatchMode, string[]>;

const listOrder = ['data', 'exists', 'children', 'persistent', 'recursive'] as const;

export function emptyLists(): WatchLists {
  return { data: [], exists: [], children: [], persistent: [], recursive: [] };
}

/**
 * Who watches what, in the client's own paths. It knows what the server must send and hands out events; it sends nothing.
 *
 * Up to ZooKeeper 3.8 a server keeps one mode for each session and path: a one-shot watch set on a node would end the
 * lasting one there (ZOOKEEPER-4466), and a recursive one would silence a plain one. So of all watches on one path the
 * server is told one, the one that sees most, and the others are served from its events. A recursive watch does not tell
 * "children", but it tells of each child: "children" is made from that.
 */
export class WatchRegistry {
  readonly #oneShots: Readonly<Record<OneShotKind, Map<string, Set<WatchListener>>>> = { data: new Map(), exists: new Map(), children: new Map() };
  readonly #lasting: Readonly<Record<WatchMode, Map<string, Set<LastingWatch>>>> = { persistent: new Map(), recursive: new Map() };
  readonly #held = new Map<string, WatchMode>();

  addOneShot(kind: OneShotKind, path: string, listener: WatchListener): void {
    put(this.#oneShots[kind], path, listener);
  }

  addLasting(watch: LastingWatch): void {
    put(this.#lasting[watch.mode], watch.path, watch);
  }

  /** Tells whether it was there. */
  removeLasting(watch: LastingWatch): boolean {
    return drop(this.#lasting[watch.mode], watch.path, watch);
  }

  /** Whether there were any. */
  removeAll(path: string, kinds: readonly (OneShotKind | WatchMode)[]): boolean {
    return kinds.map((kind) => this.#tableOf(kind).delete(path)).includes(true);
  }

  has(path: string, kind: OneShotKind | WatchMode): boolean {
    return this.#tableOf(kind).has(path);
  }

  isActive(watch: LastingWatch): boolean {
    return this.#lasting[watch.mode].get(watch.path)?.has(watch) ?? false;
  }

  /** The lasting watch that the server should have on this path. */
  wanted(path: string): WatchMode | undefined {
    if (this.#lasting.recursive.has(path)) return 'recursive';
    return this.#lasting.persistent.has(path) ? 'persistent' : undefined;
  }

  /** The lasting watch that the server has, or was asked for, on this connection. */
  held(path: string): WatchMode | undefined {
    return this.#held.get(path);
  }

  hold(path: string, mode: WatchMode | undefined): void {
    if (mode === undefined) this.#held.delete(path);
    else this.#held.set(path, mode);
  }

  /** A server forgets the watches of a connection that ended. */
  forgetServer(): void {
    this.#held.clear();
  }

  clear(): void {
    for (const kind of listOrder) this.#tableOf(kind).clear();
    this.#held.clear();
  }

  /** Those to tell of this event. One-shot watches are removed from here, lasting ones are looked up again when told. */
  take(event: WatchEvent): { readonly oneShots: WatchListener[]; readonly lasting: LastingWatch[] } {
    const { path, type } = event;
    const kinds: readonly OneShotKind[] = type === 'children' ? ['children'] : type === 'deleted' ? ['data', 'exists', 'children'] : ['data', 'exists'];
    // One listener that waits for several things at one node is told once.
    const oneShots = new Set<WatchListener>();
    for (const kind of kinds) {
      for (const listener of this.#oneShots[kind].get(path) ?? []) oneShots.add(listener);
      this.#oneShots[kind].delete(path);
    }
    const lasting = [...(this.#lasting.persistent.get(path) ?? [])];
    if (type !== 'children' && this.#lasting.recursive.size > 0) {
      for (const place of lineageOf(path)) lasting.push(...(this.#lasting.recursive.get(place) ?? []));
    }
    return { oneShots: [...oneShots], lasting };
  }

  /** What a server would also have told, had it not been asked for a recursive watch in place of a plain one. */
  implied({ path, type, zxid }: WatchEvent): WatchEvent | undefined {
    if (type !== 'created' && type !== 'deleted') return undefined;
    const parent = parentOf(path);
    if (parent === undefined || this.#held.get(parent) !== 'recursive') return undefined;
    const asked = this.#lasting.persistent.has(parent) || this.#oneShots.children.has(parent);
    return asked ? { type: 'children', path: parent, zxid } : undefined;
  }

  /** One path's one-shot watches, to be set again. */
  oneShotsOf(path: string): WatchLists {
    const lists = emptyLists();
    for (const kind of ['data', 'exists', 'children'] as const) {
      if (this.#oneShots[kind].has(path)) lists[kind].push(path);
    }
    return lists;
  }

  /**
   * All that a new connection must set, in pieces of at most so many bytes of paths. Lasting watches come last: where a
   * server keeps one mode a path, theirs must be the one that stays.
   */
  *restore(sizeOf: (path: string) => number, limit: number): Generator<WatchLists> {
    let lists = emptyLists();
    let size = 0;
    for (const kind of listOrder) {
      for (const path of this.#tableOf(kind).keys()) {
        if (kind === 'persistent' && this.#lasting.recursive.has(path)) continue;
        const more = sizeOf(path);
        if (size > 0 && size + more > limit) {
          yield lists;
          lists = emptyLists();
          size = 0;
        }
        lists[kind].push(path);
        size += more;
      }
    }
    if (size > 0) yield lists;
  }

  #tableOf(kind: OneShotKind | WatchMode): Map<string, Set<unknown>> {
    return kind === 'persistent' || kind === 'recursive' ? this.#lasting[kind] : this.#oneShots[kind];
  }
}

function put<T>(table: Map<string, Set<T>>, path: string, value: T): void {
  const there = table.get(path);
  if (there === undefined) table.set(path, new Set([value]));
  else there.add(value);
}

function drop<T>(table: Map<string, Set<T>>, path: string, value: T): boolean {
  const there = table.get(path);
  if (there?.delete(value) !== true) return false;
  if (there.size === 0) table.delete(path);
  return true;
}
