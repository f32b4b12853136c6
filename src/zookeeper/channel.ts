import type { Aborts } from './aborts.js';
import { Call, waitingIn, type CallOptions, type Waiting } from './calls.js';
import { argumentError, closedError, codeOf, replyError, ZooKeeperError } from './errors.js';
import { lengthBytes } from './frames.js';
import { JuteReader } from './jute.js';
import type { ReplyHeader } from './records.js';
import { frameOf, opcodes, xids, type Request } from './requests.js';
import { Session, type SessionEvents, type SessionOptions } from './session.js';

/** An identity to have besides that of anyone. */
export interface Auth {
  /** `digest`, or what else the server has. */
  readonly scheme: string;
  /** For `digest`: `user:password`. */
  readonly auth: string | Uint8Array;
}

export interface ChannelOptions extends SessionOptions {
  readonly maxRequestBytes: number;
  readonly whileSuspended: 'wait' | 'fail';
  readonly keepAlive: boolean;
  readonly auth: readonly Auth[];
}

interface Identity {
  readonly frame: Buffer;
  /** Who waits for a server to accept it. */
  readonly call?: Call<unknown>;
}

type ChannelEvents = Pick<SessionEvents, 'state' | 'event' | 'closed'> & {
  /** Frames that restore the watches; they go before all requests. */
  watches(): Iterable<Buffer>;
  report(error: unknown): void;
};

/** Requests on their way to a session: those that wait for a connection, and those that wait for a reply. */
export class Channel {
  readonly session: Session;
  readonly aborts: Aborts;
  readonly #options: ChannelOptions;
  readonly #events: ChannelEvents;
  /** All calls that are not settled. */
  readonly #calls = new Set<Call<unknown>>();
  /** How many of them keep the process alive. */
  #foreground = 0;
  readonly #waiting = new Set<Call<unknown>>();
  readonly #identities: Identity[];
  #failure: ZooKeeperError | undefined;
  #closing: Promise<void> | undefined;
  #held = false;

  constructor(options: ChannelOptions, aborts: Aborts, events: ChannelEvents) {
    this.#options = options;
    this.aborts = aborts;
    this.#events = events;
    this.#identities = options.auth.map((auth) => ({ frame: authFrame(auth) }));
    this.session = new Session(options, {
      opened: () => this.#opened(),
      closed: () => events.closed(),
      state: (change) => events.state(change),
      event: (event) => events.event(event),
    });
    this.#hold();
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  get maxReplyBytes(): number {
    return this.#options.maxReplyBytes;
  }

  /** Why no server will ever take this client, if that is so. */
  get failure(): ZooKeeperError | undefined {
    return this.#failure;
  }

  /** Whether a lost connection is a reason to try again rather than an error. */
  get isPatient(): boolean {
    return this.#options.whileSuspended === 'wait' && !this.isClosed && this.#failure === undefined;
  }

  call<T>(request: Request<T>, options: CallOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#check(request, options.signal);
      const answered = (error: number): void => {
        options.answered?.(error);
        if (isFinal(error)) this.#fail(replyError(request.operation, request.path, error));
      };
      this.#accept(this.#made(request, { ...options, answered }, resolve, reject));
    });
  }

  /** Resolves at the next moment when requests can be sent. */
  ready(options: Waiting): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#refuse('connect', undefined, options.signal);
      const call = this.#made(silentRequest('connect'), waitingIn(options), resolve, reject);
      if (this.session.isOpen) this.#send(call);
      else this.#wait(call);
    });
  }

  /** Sets watches anew that the server has lost sight of. What goes wrong is reported: nobody waits for it. */
  setWatches(frame: Buffer): void {
    this.session.send({
      frame,
      replied: ({ error }) => {
        if (error !== 0) this.#events.report(replyError('setWatches', undefined, error));
      },
      // The next connection sets all of them.
      lost: () => undefined,
    }, xids.setWatches);
  }

  authenticate(auth: Auth, options: Waiting): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const frame = authFrame(auth);
      this.#check({ ...silentRequest('addAuth'), frame }, options.signal);
      const identity: Identity = { frame, call: this.#made(silentRequest('addAuth'), waitingIn(options), resolve, reject) };
      this.#identities.push(identity);
      if (this.session.isOpen) this.#present(identity);
      else this.session.start();
    });
  }

  close(signal?: AbortSignal): Promise<void> {
    this.#closing ??= this.#close(signal);
    return this.#closing;
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    for (const call of [...this.#waiting]) call.close();
    for (const { call } of this.#identities) call?.close();
    this.session.hold(true);
    await this.session.close(signal);
  }

  #check(request: Request<unknown>, signal: AbortSignal | undefined): void {
    const { operation, path, frame } = request;
    const { maxRequestBytes } = this.#options;
    const size = frame.length - lengthBytes;
    if (size > maxRequestBytes) {
      const advice = 'a server closes the connection of a larger one. Raise jute.maxbuffer of the servers and maxRequestBytes together, or store less';
      throw argumentError(operation, `expected a request of at most ${maxRequestBytes} bytes, found ${size}: ${advice}`, path);
    }
    this.#refuse(operation, path, signal);
  }

  #refuse(operation: string, path: string | undefined, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.isClosed) throw closedError(operation, path);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #made<T>(request: Request<T>, options: CallOptions, resolve: (value: T) => void, reject: (reason: unknown) => void): Call<unknown> {
    const call = new Call<unknown>(request, options, this.aborts, resolve as (value: unknown) => void, reject, (settled) => this.#settled(settled));
    this.#calls.add(call);
    if (!call.isBackground) this.#foreground += 1;
    this.#hold();
    return call;
  }

  #accept(call: Call<unknown>): void {
    if (this.session.isOpen) return this.#send(call);
    if (this.#options.whileSuspended === 'wait') return this.#wait(call);
    this.session.start();
    call.lost(new ZooKeeperError('CONNECTIONLOSS', 'there is no connection just now'));
  }

  #wait(call: Call<unknown>): void {
    this.#waiting.add(call);
    this.session.start();
  }

  // An empty frame asks nothing: its turn is all that its caller waits for.
  #send(call: Call<unknown>): void {
    call.sending();
    if (call.frame.length > 0) this.session.send(call);
    else call.replied(noHeader, noBody);
  }

  #settled(call: Call<unknown>): void {
    if (this.#calls.delete(call) && !call.isBackground) this.#foreground -= 1;
    this.#waiting.delete(call);
    this.#hold();
  }

  #hold(): void {
    const held = this.#options.keepAlive || this.#foreground > 0;
    if (held === this.#held || this.isClosed) return;
    this.#held = held;
    this.session.hold(held);
  }

  #opened(): void {
    for (const identity of this.#identities) this.#present(identity);
    for (const frame of this.#events.watches()) this.setWatches(frame);
    const unsent = [...this.#waiting];
    this.#waiting.clear();
    for (const call of unsent) this.#send(call);
  }

  #present(identity: Identity): void {
    this.session.send({
      frame: identity.frame,
      replied: ({ error }) => {
        if (error === 0) identity.call?.replied(noHeader, noBody);
        else this.#fail(replyError('addAuth', undefined, error));
      },
      // The next connection presents it again.
      lost: () => undefined,
    }, xids.auth);
  }

  #fail(reason: ZooKeeperError): void {
    this.#failure = reason;
    for (const call of [...this.#calls]) call.lost(reason);
    this.session.fail(reason);
  }
}

const noHeader: ReplyHeader = { xid: 0, zxid: 0n, error: 0 };
const noBody = new JuteReader(Buffer.alloc(0));

function silentRequest(operation: string): Request<void> {
  return { operation, path: undefined, frame: Buffer.alloc(0), decode: () => undefined };
}

function authFrame({ scheme, auth }: Auth): Buffer {
  const secret = typeof auth === 'string' ? Buffer.from(auth) : auth;
  const type = 0;
  return frameOf(opcodes.auth, (writer) => writer.int(type).string(scheme).buffer(secret), 64 + secret.length, xids.auth);
}

/** Whether an answer says that no server will take this client, however often it tries. */
function isFinal(error: number): boolean {
  return codeOf(error) === 'SESSIONCLOSEDREQUIRESASLAUTH';
}
