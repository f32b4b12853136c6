import net from 'node:net';
import tls from 'node:tls';

import { isCode, protocolError, ZooKeeperError } from './errors.js';
import { FrameReader } from './frames.js';
import { JuteReader } from './jute.js';
import { readConnect, readEvent, readHeader, type ConnectReply, type ReplyHeader, type WatchEvent } from './records.js';
import { frameOf, numberFrame, opcodes, xids } from './requests.js';
import { nameOf, type Server } from './servers.js';
import { beat, readTimeout, type Clock, type Timer } from './timing.js';

/** How to encrypt, and whom to trust: what `tls.connect` of Node takes for that. */
export interface ZooKeeperTls extends tls.SecureContextOptions {
  /** The name that the server's certificate must have. Default: the host it is connected by. */
  readonly servername?: string | undefined;
  /** Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
  readonly checkServerIdentity?: tls.ConnectionOptions['checkServerIdentity'];
}

/** Opens a socket; `ready` is called when bytes can be sent. It does not keep the process alive. */
export function openSocket({ host, port }: Server, secure: ZooKeeperTls | undefined, ready: () => void): net.Socket {
  if (secure === undefined) return net.connect({ host, port }, ready).setNoDelay(true).unref();
  return tls.connect({ ...secure, host, port }, ready).setNoDelay(true).unref();
}

/** A request that is on its way. One of both is called, once. */
export interface Exchange {
  readonly frame: Buffer;
  /** @throws for a body that is no answer */
  replied(header: ReplyHeader, body: JuteReader): void;
  lost(reason: ZooKeeperError): void;
}

export interface ConnectionEvents {
  /** The server has answered the handshake. Not yet a session: the reply may say that it has expired. */
  greeted(reply: ConnectReply): void;
  zxid(zxid: bigint): void;
  event(event: WatchEvent): void;
  /** Once, for whatever reason but `destroy`. `refused`: the server took the connection, and closed it instead of answering. */
  ended(reason: ZooKeeperError, refused: boolean): void;
}

export interface ConnectionOptions {
  readonly server: Server;
  readonly tls: ZooKeeperTls | undefined;
  readonly handshake: Buffer;
  /** For the socket, the encryption and the server's first answer together. */
  readonly connectTimeoutMs: number;
  readonly maxReplyBytes: number;
  readonly clock: Clock;
}

/** The answer to a handshake is some forty bytes; a program that is no ZooKeeper says more, or something else. */
const greetingLimit = 1_024;
const largestXid = 0x7fff_ffff;

const pingFrame = frameOf(opcodes.ping, () => undefined, 0, xids.ping);

/**
 * One connection to one server, from its first byte to its end: frames, the order of replies, pings, silence.
 *
 * Replies come in the order of the requests, so each must carry the number of the oldest request that waits. Whatever does
 * not fit ends the connection; nothing of it is left for the next.
 */
export class Connection {
  readonly server: Server;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #socket: net.Socket;
  readonly #frames = new FrameReader(greetingLimit);
  /** What waits for a reply, by kind of number: `0` for those that are counted. */
  readonly #waiting = new Map<number, Queue<{ readonly xid: number; readonly exchange: Exchange }>>();
  #timer: Timer;
  #readMs = 0;
  #xid = 0;
  #heard: number;
  #sent: number;
  #ready = false;
  #greeted = false;
  #ended = false;
  #corked = false;
  #alive = false;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.server = options.server;
    this.#options = options;
    this.#events = events;
    const { clock, server, connectTimeoutMs } = options;
    this.#heard = this.#sent = clock.now();
    this.#timer = clock.after(connectTimeoutMs, () => this.#end(`no answer to the handshake within ${Math.round(connectTimeoutMs)} ms`));
    this.#socket = openSocket(server, options.tls, () => this.#greet());
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.message, error, error.code === 'ECONNRESET'));
    this.#socket.on('close', () => this.#end('the server closed the connection', undefined, true));
  }

  /** When the last byte came, on the clock. */
  get heard(): number {
    return this.#heard;
  }

  /** @param xid 0: the next number. Others for what has a fixed one */
  send(exchange: Exchange, xid = 0): void {
    if (this.#ended) return exchange.lost(this.#lossOf('it has ended'));
    const lane = xid < 0 ? xid : 0;
    const number = xid < 0 ? xid : this.#nextXid();
    if (lane === 0) numberFrame(exchange.frame, number);
    this.#laneOf(lane).add({ xid: number, exchange });
    this.#write(exchange.frame);
  }

  /** Whether the socket keeps the process alive. */
  hold(alive: boolean): void {
    // A socket without a handle, as after its end, would keep each call as a listener for a connection that never comes.
    if (this.#ended || alive === this.#alive) return;
    this.#alive = alive;
    if (alive) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Ends it without a word to anybody but those who wait for a reply. */
  destroy(reason = 'it was given up'): void {
    this.#finish(this.#lossOf(reason));
  }

  #greet(): void {
    if (this.#ended) return;
    this.#ready = true;
    this.#write(this.#options.handshake);
  }

  #nextXid(): number {
    this.#xid = this.#xid === largestXid ? 1 : this.#xid + 1;
    return this.#xid;
  }

  // What is written within one turn of the event loop leaves together.
  #write(frame: Buffer): void {
    this.#sent = this.#options.clock.now();
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(frame);
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    this.#heard = this.#options.clock.now();
    try {
      this.#frames.push(chunk, (frame) => this.#frame(frame));
    } catch (error) {
      this.#end(isCode(error, 'MARSHALLINGERROR') ? error.message : String(error), error);
    }
  }

  #frame(frame: Buffer): void {
    if (this.#ended) return;
    const reader = new JuteReader(frame);
    if (!this.#greeted) return this.#greeting(reader);
    const header = readHeader(reader);
    if (header.xid === xids.event) return this.#event(reader, header);
    if (header.zxid > 0n) this.#events.zxid(header.zxid);
    if (header.xid === xids.ping) return;
    const next = this.#laneOf(header.xid < 0 ? header.xid : 0).take();
    if (next === undefined) throw protocolError(`expected no reply, found one with number ${header.xid}`);
    if (next.xid !== header.xid) {
      next.exchange.lost(this.#lossOf('its replies are out of order'));
      throw protocolError(`expected the reply to request ${next.xid}, found one with number ${header.xid}`);
    }
    next.exchange.replied(header, reader);
  }

  #greeting(reader: JuteReader): void {
    const reply = readConnect(reader);
    this.#greeted = true;
    this.#frames.limit = this.#options.maxReplyBytes;
    this.#timer.cancel();
    if (reply.timeoutMs > 0) this.#beatEvery(readTimeout(reply.timeoutMs));
    this.#events.greeted(reply);
  }

  #event(reader: JuteReader, header: ReplyHeader): void {
    const event = readEvent(reader, header.zxid);
    if (event !== undefined) this.#events.event(event);
  }

  #beatEvery(readMs: number): void {
    this.#readMs = readMs;
    this.#beat(false);
  }

  #beat(sure: boolean): void {
    if (this.#ended) return;
    const { clock } = this.#options;
    const due = beat(clock.now(), this.#heard, this.#sent, this.#readMs);
    if (due.silent) {
      if (sure) return this.#end(`nothing was heard from the server for ${Math.round(this.#readMs)} ms`);
      // A process that was held up finds its timers due before it has read what had come meanwhile.
      this.#timer = clock.after(1, () => this.#beat(true));
      return;
    }
    if (due.ping) this.#write(pingFrame);
    this.#timer = clock.after(due.nextInMs, () => this.#beat(false));
  }

  #end(problem: string, cause?: unknown, byServer = false): void {
    if (this.#ended) return;
    const reason = this.#lossOf(problem, cause);
    this.#finish(reason);
    this.#events.ended(reason, byServer && this.#ready && !this.#greeted);
  }

  #finish(reason: ZooKeeperError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer.cancel();
    this.#socket.destroy();
    for (const lane of this.#waiting.values()) {
      for (let next = lane.take(); next !== undefined; next = lane.take()) next.exchange.lost(reason);
    }
  }

  #lossOf(problem: string, cause?: unknown): ZooKeeperError {
    return new ZooKeeperError('CONNECTIONLOSS', `connection to ${nameOf(this.server)}: ${problem}`, { cause });
  }

  #laneOf(lane: number): Queue<{ readonly xid: number; readonly exchange: Exchange }> {
    const there = this.#waiting.get(lane);
    if (there !== undefined) return there;
    const made = new Queue<{ readonly xid: number; readonly exchange: Exchange }>();
    // Only what was sent makes a lane: a server must not fill the memory with numbers of its own.
    if (lane === 0 || lane === xids.auth || lane === xids.setWatches) this.#waiting.set(lane, made);
    return made;
  }
}

/** First in, first out, without moving what waits. */
class Queue<T> {
  #items: T[] = [];
  #at = 0;

  add(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.#items[this.#at];
    if (item === undefined) return undefined;
    this.#at += 1;
    if (this.#at === this.#items.length) {
      this.#items = [];
      this.#at = 0;
    } else if (this.#at >= 1_024) {
      // Let go of what was answered, however long the queue never empties.
      this.#items = this.#items.slice(this.#at);
      this.#at = 0;
    }
    return item;
  }
}
