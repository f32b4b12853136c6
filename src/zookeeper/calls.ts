import type { Aborts } from './aborts.js';
import { closedError, codeOf, replyError, ZooKeeperError } from './errors.js';
import type { Exchange } from './connection.js';
import type { JuteReader } from './jute.js';
import type { ReplyHeader } from './records.js';
import type { Request } from './requests.js';

/** How somebody waits for an answer. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined;
  /** Whether the process may end meanwhile. */
  readonly background?: boolean | undefined;
}

/** Only that, of options that have more. */
export function waitingIn({ signal, background }: Waiting): Waiting {
  return { signal, background };
}

export interface CallOptions extends Waiting {
  /** When it is sent: the last moment to change the frame. */
  readonly sending?: (frame: Buffer) => void;
  /** When the server has answered, before the promise settles. 0: it worked. */
  readonly answered?: (error: number) => void;
}

/**
 * A request with somebody who waits for it. It settles once: by its reply, by the loss of its connection, or because its
 * caller has enough of waiting. It lets go of the signal then.
 */
export class Call<T> implements Exchange {
  readonly #request: Request<T>;
  readonly #options: CallOptions;
  readonly #settled: (call: Call<T>) => void;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stopWaiting: () => void;
  #open = true;

  /** @param settled called once, when nobody waits any more */
  constructor(request: Request<T>, options: CallOptions, aborts: Aborts, resolve: (value: T) => void, reject: (reason: unknown) => void, settled: (call: Call<T>) => void) {
    this.#request = request;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#settled = settled;
    this.#stopWaiting = aborts.on(options.signal, () => this.#finish(() => this.#reject(options.signal?.reason)));
  }

  get isBackground(): boolean {
    return this.#options.background === true;
  }

  get frame(): Buffer {
    return this.#request.frame;
  }

  sending(): void {
    this.#options.sending?.(this.frame);
  }

  replied(header: ReplyHeader, body: JuteReader): void {
    try {
      const outcome = this.#outcome(header, body);
      // Also when its caller has gone: what it did to the server is done.
      this.#options.answered?.(header.error);
      this.#finish(() => (outcome.error === undefined ? this.#resolve(outcome.value) : this.#reject(outcome.error)));
    } catch (error) {
      this.#finish(() => this.#reject(this.#about(error)));
      throw error;
    }
  }

  lost(reason: ZooKeeperError): void {
    this.#finish(() => this.#reject(this.#about(reason)));
  }

  close(): void {
    this.#finish(() => this.#reject(closedError(this.#request.operation, this.#request.path)));
  }

  #outcome({ error }: ReplyHeader, body: JuteReader): Outcome<T> {
    const { operation, path, decode, answers } = this.#request;
    if (error === 0) {
      const value = decode(body);
      return value instanceof ZooKeeperError ? { error: value } : { error: undefined, value };
    }
    const code = codeOf(error);
    if (answers?.has(code) === true) return { error: undefined, value: answers.get(code) as T };
    return { error: replyError(operation, path, error) };
  }

  #about(reason: unknown): unknown {
    const { operation, path } = this.#request;
    if (!(reason instanceof ZooKeeperError) || reason.code === 'AUTHFAILED') return reason;
    // Garbage ends the connection, and that is what it means to the caller.
    const code = reason.code === 'MARSHALLINGERROR' ? 'CONNECTIONLOSS' : reason.code;
    return new ZooKeeperError(code, `${operation}${path === undefined ? '' : ` ${path}`}: ${reason.message} (${code})`, { path, cause: reason });
  }

  #finish(settle: () => void): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stopWaiting();
    settle();
    this.#settled(this);
  }
}

type Outcome<T> = { readonly error: ZooKeeperError } | { readonly error: undefined; readonly value: T };
