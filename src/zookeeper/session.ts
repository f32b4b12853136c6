import { Connection, type Exchange, type ZooKeeperTls } from './connection.js';
import { ZooKeeperError } from './errors.js';
import { findWritable } from './read-only.js';
import { noSession, writeConnect, type ConnectReply, type SessionKey, type WatchEvent } from './records.js';
import { bareFrame, frameOf, opcodes } from './requests.js';
import { nameOf, ServerList, type Server } from './servers.js';
import { connectTimeout, readTimeout, reconnectDelay, settledAfterMs, type Clock, type Timer } from './timing.js';

/**
 * What a user needs to know of the connection.
 *
 * - `connected`: requests are answered.
 * - `suspended`: no server answers just now. The session may still live, and with it its ephemeral nodes.
 * - `lost`: the session is over, or has been without a server for so long that it must be taken for over.
 */
export type SessionState = 'connected' | 'suspended' | 'lost';

/** A change of state. */
export interface StateChange {
  readonly state: SessionState;
  readonly previous: SessionState;
  /** For `connected`: whether this is another session than before. Its ephemeral nodes are not there. */
  readonly newSession: boolean;
  /** For `connected`: the server has no quorum. It answers reads, with data that may be old. */
  readonly readOnly: boolean;
  /** For `suspended` and `lost`: why. */
  readonly reason: ZooKeeperError | undefined;
}

export interface SessionOptions {
  readonly servers: readonly Server[];
  readonly sessionTimeoutMs: number;
  readonly readOnly: boolean;
  readonly tls: ZooKeeperTls | undefined;
  readonly maxReplyBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What the session tells. All of it comes in the order in which it happened. */
export interface SessionEvents {
  /** A connection is about to carry requests: the first to be sent are sent from here. */
  opened(): void;
  /** The connection is gone; what was sent on it has been told so. */
  closed(): void;
  state(change: StateChange): void;
  event(event: WatchEvent): void;
}

/**
 * A session, over as many connections as it takes, and after its end another one.
 *
 * ```
 *            start                 greeted
 *   idle ──────────▶ connecting ─────────────▶ open
 *                     ▲  │  ▲                   │
 *             delay   │  │  │  expired: at once, as a new session
 *                     │  ▼  └───────────────────┤
 *                   waiting ◀───────────────────┘
 *                                 ended
 * ```
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly #servers: ServerList;
  #key: SessionKey = noSession;
  #timeoutMs: number;
  #zxid = 0n;
  #state: SessionState = 'suspended';
  #readOnly = false;
  /** A read-only server gives out sessions that no other server knows. */
  #provisional = false;
  #phase: 'idle' | 'waiting' | 'connecting' | 'open' | 'closed' = 'idle';
  #connection: Connection | undefined;
  #problem: ZooKeeperError | undefined;
  #openedAt = 0;
  #failures = 0;
  #refusals = 0;
  #delay: Timer | undefined;
  #patience: Timer | undefined;
  #search: AbortController | undefined;
  #alive = false;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.#timeoutMs = options.sessionTimeoutMs;
    this.#servers = new ServerList(options.servers, options.random);
  }

  get state(): SessionState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  get readOnly(): boolean {
    return this.#readOnly;
  }

  get id(): bigint {
    return this.#key.id;
  }

  get password(): Buffer {
    return this.#key.password;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get zxid(): bigint {
    return this.#zxid;
  }

  get server(): string | undefined {
    return this.#phase === 'open' && this.#connection !== undefined ? nameOf(this.#connection.server) : undefined;
  }

  /** Why there is no connection; undefined while there is one. */
  get problem(): ZooKeeperError | undefined {
    return this.#problem;
  }

  start(): void {
    if (this.#phase === 'idle') this.#connect();
  }

  /** Only while it is open. */
  send(exchange: Exchange, xid?: number): void {
    this.#connection?.send(exchange, xid);
  }

  /** Whether it keeps the process alive. */
  hold(alive: boolean): void {
    this.#alive = alive;
    this.#connection?.hold(alive);
    this.#delay?.hold(alive);
  }

  /**
   * Asks the server to end the session, and waits for the answer, which comes after those to all earlier requests. A session
   * without a server is left to expire.
   */
  async close(signal?: AbortSignal): Promise<void> {
    const connection = this.#connection;
    const open = this.#phase === 'open';
    this.#phase = 'closed';
    this.#state = 'lost';
    this.#stopWaiting();
    if (open && connection !== undefined) await this.#farewell(connection, signal);
    connection?.destroy('the client was closed');
    this.#connection = undefined;
  }

  /** Ends everything for good: no server will ever take us. */
  fail(reason: ZooKeeperError): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#problem = reason;
    this.#stopWaiting();
    this.#connection?.destroy(reason.message);
    this.#connection = undefined;
    this.#events.closed();
    this.#become('lost', { reason });
  }

  #farewell(connection: Connection, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#options.clock.after(readTimeout(this.#timeoutMs), done);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted === true) return done();
      connection.send({ frame: frameOf(opcodes.closeSession, () => undefined, 0), replied: done, lost: done });
    });
  }

  #connect(): void {
    const { sessionTimeoutMs, readOnly, tls, maxReplyBytes, clock } = this.#options;
    this.#delay = undefined;
    this.#phase = 'connecting';
    const handshake = bareFrame((writer) => writeConnect(writer, this.#key, sessionTimeoutMs, this.#zxid, readOnly));
    const connectTimeoutMs = connectTimeout(this.#timeoutMs, this.#servers.size);
    const connection = new Connection({ server: this.#servers.next(), tls, handshake, connectTimeoutMs, maxReplyBytes, clock }, {
      greeted: (reply) => this.#greeted(connection, reply),
      zxid: (zxid) => void (this.#zxid = zxid > this.#zxid ? zxid : this.#zxid),
      event: (event) => this.#events.event(event),
      ended: (reason, refused) => this.#ended(connection, reason, refused),
    });
    connection.hold(this.#alive);
    this.#connection = connection;
  }

  #greeted(connection: Connection, reply: ConnectReply): void {
    if (reply.timeoutMs <= 0) return this.#expired(connection);
    const newSession = reply.session.id !== this.#key.id;
    this.#phase = 'open';
    this.#problem = undefined;
    this.#openedAt = this.#options.clock.now();
    this.#refusals = 0;
    this.#key = reply.session;
    this.#timeoutMs = reply.timeoutMs;
    this.#readOnly = reply.readOnly;
    if (newSession) this.#provisional = reply.readOnly;
    this.#patience?.cancel();
    this.#become('connected', { newSession, readOnly: reply.readOnly });
    this.#events.opened();
    if (reply.readOnly) this.#lookForWritable(connection);
  }

  // The server's last word on a session. It can go on as another one at once, unless that is what was just refused.
  #expired(connection: Connection): void {
    const had = this.#key.id !== 0n;
    const reason = new ZooKeeperError('SESSIONEXPIRED', `session 0x${BigInt.asUintN(64, this.#key.id).toString(16)}: ${nameOf(connection.server)} says that it has expired`);
    connection.destroy(reason.message);
    this.#key = noSession;
    this.#timeoutMs = this.#options.sessionTimeoutMs;
    this.#problem = reason;
    this.#become('lost', { reason });
    if (!had) return this.#reconnect();
    this.#servers.prefer(connection.server);
    this.#connect();
  }

  #ended(connection: Connection, reason: ZooKeeperError, refused: boolean): void {
    if (this.#connection !== connection || this.#phase === 'closed') return;
    const wasOpen = this.#phase === 'open';
    this.#problem = reason;
    if (wasOpen) this.#suspend(connection, reason);
    else this.#count(refused);
    this.#reconnect(wasOpen && this.#options.clock.now() - this.#openedAt >= settledAfterMs);
  }

  #suspend(connection: Connection, reason: ZooKeeperError): void {
    this.#phase = 'waiting';
    this.#connection = undefined;
    this.#readOnly = false;
    this.#search?.abort();
    if (this.#provisional) this.#key = noSession;
    const left = this.#timeoutMs - (this.#options.clock.now() - connection.heard);
    this.#patience = this.#options.clock.after(Math.max(left, 0), () => this.#giveUp());
    this.#events.closed();
    this.#become('suspended', { reason });
  }

  #giveUp(): void {
    const reason = new ZooKeeperError('SESSIONEXPIRED', `no server was heard for ${this.#timeoutMs} ms, the time after which the session expires`);
    this.#become('lost', { reason });
  }

  // A server turns away who has seen more than it: for a moment after an election, for ever if it was set up from an older
  // copy. A read-only one turns away every session that it did not give out itself. With the session lost nothing much is
  // kept by insisting, so then we come as a stranger.
  #count(refused: boolean): void {
    if (!refused || this.#state !== 'lost') return;
    this.#refusals += 1;
    if (this.#refusals < (this.#options.readOnly ? 1 : this.#servers.size * 2)) return;
    this.#refusals = 0;
    this.#key = noSession;
    this.#zxid = 0n;
  }

  #reconnect(wasGood = false): void {
    this.#phase = 'waiting';
    this.#failures = wasGood ? 0 : this.#failures + 1;
    this.#delay = this.#options.clock.after(reconnectDelay(this.#failures, this.#options.random), () => this.#connect());
    this.#delay.hold(this.#alive);
  }

  #become(state: SessionState, { newSession = false, readOnly = false, reason }: { newSession?: boolean; readOnly?: boolean; reason?: ZooKeeperError }): void {
    const previous = this.#state;
    if (state === previous) return;
    this.#state = state;
    this.#events.state({ state, previous, newSession, readOnly, reason });
  }

  #lookForWritable(connection: Connection): void {
    const { tls, clock } = this.#options;
    const search = new AbortController();
    this.#search = search;
    void findWritable(this.#servers.others(connection.server), { tls, clock, signal: search.signal }).then((found) => {
      if (found === undefined || this.#connection !== connection) return;
      this.#servers.prefer(found);
      const reason = new ZooKeeperError('CONNECTIONLOSS', `connection to ${nameOf(connection.server)}: it is read-only, and ${nameOf(found)} is not`);
      connection.destroy(reason.message);
      this.#suspend(connection, reason);
      this.#reconnect(true);
    });
  }

  #stopWaiting(): void {
    this.#delay?.cancel();
    this.#patience?.cancel();
    this.#search?.abort();
  }
}
