import { protocolError } from './errors.js';

/** How many bytes stand before a frame: its length. */
export const lengthBytes = 4;

/** Cuts what comes from a socket into frames. */
export class FrameReader {
  /** The largest frame that is believed, in bytes. */
  limit: number;
  #held: Buffer[] = [];
  #size = 0;
  #wanted = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * A frame that lies in one chunk is a view of it. The pieces of a longer one are put together once, when all are
   * there: a wrong length costs no more memory than has really come.
   *
   * @throws ZooKeeperError `MARSHALLINGERROR` for a length that is negative or above the limit
   */
  push(chunk: Buffer, take: (frame: Buffer) => void): void {
    let bytes = chunk;
    if (this.#held.length > 0) {
      this.#held.push(chunk);
      this.#size += chunk.length;
      if (this.#size < this.#wanted) return;
      bytes = Buffer.concat(this.#held, this.#size);
      this.#hold(undefined);
    }
    let at = 0;
    for (let end = this.#endOf(bytes, at); end <= bytes.length; end = this.#endOf(bytes, at)) {
      const frame = bytes.subarray(at + lengthBytes, end);
      at = end;
      take(frame);
    }
    if (at < bytes.length) this.#hold(bytes.subarray(at));
  }

  /** Where the frame ends that begins here; past the bytes if it is not all there. */
  #endOf(bytes: Buffer, at: number): number {
    if (bytes.length - at < lengthBytes) return Math.max(at + lengthBytes, bytes.length + 1);
    const length = bytes.readInt32BE(at);
    if (length < 0 || length > this.limit) throw protocolError(`expected a frame of at most ${this.limit} bytes, found a length of ${length}`);
    return at + lengthBytes + length;
  }

  #hold(rest: Buffer | undefined): void {
    this.#held = rest === undefined ? [] : [rest];
    this.#size = rest?.length ?? 0;
    this.#wanted = rest === undefined ? 0 : this.#endOf(rest, 0);
  }
}
