import type { Stat } from '../records.js';

/** Six numbers of 8 bytes, then five of 4. */
const slotBytes = 6 * 8 + 5 * 4;
const slotsPerBlock = 512;

/**
 * Stats of many nodes, packed. As an object a stat takes some 230 bytes, most of them for bigints; here it takes 68.
 */
export class StatStore {
  readonly #blocks: DataView[] = [];
  readonly #free: number[] = [];
  #used = 0;

  /** @returns the slot it is kept in */
  add(stat: Stat): number {
    const slot = this.#free.pop() ?? this.#next();
    this.set(slot, stat);
    return slot;
  }

  set(slot: number, stat: Stat): void {
    const { view, at } = this.#place(slot);
    view.setBigInt64(at, stat.czxid);
    view.setBigInt64(at + 8, stat.mzxid);
    view.setBigInt64(at + 16, stat.pzxid);
    view.setFloat64(at + 24, stat.ctime);
    view.setFloat64(at + 32, stat.mtime);
    view.setBigInt64(at + 40, stat.ephemeralOwner);
    view.setInt32(at + 48, stat.version);
    view.setInt32(at + 52, stat.cversion);
    view.setInt32(at + 56, stat.aversion);
    view.setInt32(at + 60, stat.dataLength);
    view.setInt32(at + 64, stat.numChildren);
  }

  get(slot: number): Stat {
    const { view, at } = this.#place(slot);
    return {
      czxid: view.getBigInt64(at),
      mzxid: view.getBigInt64(at + 8),
      pzxid: view.getBigInt64(at + 16),
      ctime: view.getFloat64(at + 24),
      mtime: view.getFloat64(at + 32),
      version: view.getInt32(at + 48),
      cversion: view.getInt32(at + 52),
      aversion: view.getInt32(at + 56),
      ephemeralOwner: view.getBigInt64(at + 40),
      dataLength: view.getInt32(at + 60),
      numChildren: view.getInt32(at + 64),
    };
  }

  mzxid(slot: number): bigint {
    const { view, at } = this.#place(slot);
    return view.getBigInt64(at + 8);
  }

  pzxid(slot: number): bigint {
    const { view, at } = this.#place(slot);
    return view.getBigInt64(at + 16);
  }

  aversion(slot: number): number {
    const { view, at } = this.#place(slot);
    return view.getInt32(at + 56);
  }

  dataLength(slot: number): number {
    const { view, at } = this.#place(slot);
    return view.getInt32(at + 60);
  }

  free(slot: number): void {
    this.#free.push(slot);
    if (this.#free.length === this.#used) this.#clear();
  }

  #clear(): void {
    this.#blocks.length = 0;
    this.#free.length = 0;
    this.#used = 0;
  }

  #next(): number {
    if (this.#used === this.#blocks.length * slotsPerBlock) this.#blocks.push(new DataView(new ArrayBuffer(slotBytes * slotsPerBlock)));
    return this.#used++;
  }

  #place(slot: number): { readonly view: DataView; readonly at: number } {
    const view = this.#blocks[Math.floor(slot / slotsPerBlock)];
    if (view === undefined) throw new RangeError(`expected a slot below ${this.#used}, found ${slot}`);
    return { view, at: (slot % slotsPerBlock) * slotBytes };
  }
}
