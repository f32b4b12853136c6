import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { guarding } from '../http/answer.js';
import type { Underway } from '../http/underway.js';

const pieceBytes = 256 * 1024;

/** What a stream asks of its owner. */
export interface StreamOwner {
  /** The client has taken everything: what has it missed meanwhile? */
  caughtUp(stream: Stream): void;
  left(stream: Stream): void;
}

/**
 * An event stream to one client. Holds no more than the one message that is being sent: what comes while the client is slow is not sent,
 * and its owner is asked for the differences when it has caught up.
 *
 * Written to the socket itself: the same bytes go to all, so they are not to be framed for each.
 */
export class Stream {
  readonly #owner: StreamOwner;
  readonly #socket: Socket;
  #rest: Buffer | undefined;
  readonly #underway: Underway;
  #taken: (() => void) | undefined;
  #sentAt = 0;

  constructor(response: ServerResponse, owner: StreamOwner, underway: Underway) {
    this.#owner = owner;
    this.#underway = underway;
    const { socket } = response;
    if (socket === null) throw new Error('the response has no connection any more');
    this.#socket = socket;
    response.removeHeader('transfer-encoding');
    response.writeHead(200, { ...guarding, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', connection: 'close', 'x-accel-buffering': 'no' });
    response.flushHeaders();
    socket.setNoDelay(true);
    socket.write('retry: 1000\n\n');
    response.once('close', () => {
      this.#taken?.();
      owner.left(this);
    });
    socket.on('drain', () => this.#pump());
  }

  /** Something is still on its way, so nothing can be sent. */
  get isBusy(): boolean {
    return this.#rest !== undefined;
  }

  /** @throws never; what is sent while {@link isBusy} would be mixed with what is under way, so it must not be */
  send(message: Buffer): void {
    this.#rest = message;
    this.#pump();
    if (this.isBusy) this.#taken = this.#underway.add(message, message.length, () => this.#socket.destroy());
  }

  /** Ends the connection of a client that has taken nothing for so long. */
  expectProgress(stuckMs: number, now: number): void {
    if (this.#rest !== undefined && now - this.#sentAt > stuckMs) this.#socket.destroy();
  }

  end(last: Buffer): void {
    // In the middle of a message the client could not tell the last one from the rest of it.
    if (this.isBusy) this.#socket.destroySoon();
    else this.#socket.end(last);
  }

  #pump(): void {
    if (this.#rest === undefined) return;
    this.#sentAt = Date.now();
    while (this.#rest.length > 0) {
      const piece: Buffer = this.#rest.length > pieceBytes ? this.#rest.subarray(0, pieceBytes) : this.#rest;
      this.#rest = this.#rest.subarray(piece.length);
      if (!this.#socket.write(piece)) return; // the drain goes on, also when this was the last piece
    }
    this.#rest = undefined;
    this.#taken?.();
    this.#taken = undefined;
    this.#owner.caughtUp(this);
  }
}
