import { protocolError } from './errors.js';

/** Jute, the encoding of ZooKeeper: big-endian numbers, and a length before everything that has one; -1 is null. */
export class JuteWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param size how many bytes are expected; more are no error */
  constructor(size = 128) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  int(value: number): this {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
    return this;
  }

  long(value: bigint): this {
    this.#reserve(8);
    this.#length = this.#bytes.writeBigInt64BE(value, this.#length);
    return this;
  }

  bool(value: boolean): this {
    this.#reserve(1);
    this.#length = this.#bytes.writeUInt8(value ? 1 : 0, this.#length);
    return this;
  }

  string(value: string): this {
    const size = Buffer.byteLength(value);
    this.int(size).#reserve(size);
    this.#length += this.#bytes.write(value, this.#length);
    return this;
  }

  buffer(value: Uint8Array | null): this {
    if (value === null) return this.int(-1);
    this.int(value.length).#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  vector<T>(values: readonly T[], write: (value: T, writer: this) => void): this {
    this.int(values.length);
    for (const value of values) write(value, this);
    return this;
  }

  /** What was written; no copy. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Reads what a {@link JuteWriter} writes. Bytes that end too early are `MARSHALLINGERROR`, whatever was being read. */
export class JuteReader {
  readonly #bytes: Buffer;
  /** It reads a bigint in one step; a Buffer adds it up from bigints. */
  readonly #numbers: DataView;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  int(): number {
    return this.#numbers.getInt32(this.#take(4));
  }

  long(): bigint {
    return this.#numbers.getBigInt64(this.#take(8));
  }

  /** A point in time, in milliseconds. */
  time(): number {
    return this.int() * 2 ** 32 + (this.int() >>> 0);
  }

  bool(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  string(): string {
    const size = this.#size();
    if (size < 0) return '';
    const from = this.#take(size);
    return this.#bytes.toString('utf8', from, from + size);
  }

  /**
   * Empty for null.
   *
   * A small piece is copied: a value that stays in a cache must not keep the whole reply it came in. A large one, which
   * is most of its reply, is a view.
   */
  buffer(): Buffer {
    const view = this.view();
    return view.length * 2 >= this.#bytes.buffer.byteLength ? view : Buffer.from(view);
  }

  /** The same without a copy, for who looks at it and lets it go. */
  view(): Buffer {
    const size = this.#size();
    if (size <= 0) return Buffer.alloc(0);
    const from = this.#take(size);
    return this.#bytes.subarray(from, from + size);
  }

  vector<T>(read: (reader: this) => T): T[] {
    const count = this.#size();
    const values: T[] = [];
    for (let index = 0; index < count; index += 1) values.push(read(this));
    return values;
  }

  // Nothing has less than a byte: a larger number is garbage, and must not become a loop or an allocation.
  #size(): number {
    const size = this.int();
    if (size > this.remaining) throw protocolError(`expected at most ${this.remaining} more bytes, found a length of ${size}`);
    return size;
  }

  #take(size: number): number {
    const from = this.#at;
    if (from + size > this.#bytes.length) throw protocolError(`expected ${size} more bytes, found ${this.remaining}`);
    this.#at = from + size;
    return from;
  }
}
