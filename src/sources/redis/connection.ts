import type { Redis } from 'ioredis';

import { SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { whileHeard } from '../deadline.js';
import type { Dial } from './dial.js';
import { forgetCommand, isRefusal, redisError } from './errors.js';

/** A command as it is sent. */
export type Command = readonly [name: string, ...args: readonly (string | Buffer)[]];

/** What Redis answers: texts are bytes. */
export type Reply = Buffer | number | null | Error | readonly Reply[];

/** What a transaction answered, and the commands that were sent right behind it. */
export interface Done {
  /** `undefined`: a key that was watched has changed, and nothing was run. */
  readonly replies: readonly Reply[] | undefined;
  readonly after: readonly Reply[];
}

/** One connection of our own. It is never opened again: when it is lost, the runtime begins anew. */
export class Connection {
  readonly #redis: Redis;
  readonly #dial: Dial;
  readonly #lost: (error: SourceError) => void;
  #failure: unknown;
  #closed = false;

  private constructor(redis: Redis, dial: Dial, lost: (error: SourceError) => void) {
    this.#redis = redis;
    this.#dial = dial;
    this.#lost = lost;
    // Without a listener the client writes to the console.
    redis.on('error', (error: unknown) => (this.#failure ??= error));
    redis.on('close', () => this.#end());
  }

  /**
   * Connects and logs in.
   *
   * @param lost is called when the connection ends and nobody closed it
   * @throws SourceError
   */
  static async open(dial: Dial, lost: (error: SourceError) => void = () => undefined, signal?: AbortSignal): Promise<Connection> {
    const connection = new Connection(await dial.create(), dial, lost);
    const close = (): void => connection.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      if (signal?.aborted === true) throw new SourceError(`${dial.what}: the connection is no longer needed`);
      await connection.#connect();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', close);
    }
  }

  /**
   * Sends commands in one go, and gives their replies in order.
   *
   * @param what begins the message of an error
   * @throws SourceError for the first that is refused, or when nothing is heard
   */
  async ask(what: string, commands: readonly Command[], timeoutMs = this.#dial.timeoutMs): Promise<readonly Reply[]> {
    // The arguments as one: a write of many keys has more of them than a call may have.
    const pipeline = this.#redis.pipeline(commands.map(([name, ...args]) => ['callBuffer', name, args]));
    const answers = await this.#heard(what, pipeline.exec(), timeoutMs);
    return (answers ?? []).map(([error, reply]) => this.#checked(what, error ?? (reply as Reply)));
  }

  /**
   * Runs commands as one, unless a watched key has changed; either way no key is watched then but by what comes `after`.
   *
   * @throws SourceError
   */
  async transaction(what: string, commands: readonly Command[], after: readonly Command[] = []): Promise<Done> {
    const replies = await this.ask(what, [['MULTI'], ...commands, ['EXEC'], ...after]);
    const done = replies[commands.length + 1] as readonly Reply[] | null;
    return {
      replies: done === null ? undefined : done.map((reply) => this.#checked(what, reply)),
      after: replies.slice(commands.length + 2),
    };
  }

  /**
   * @param told gets the channel, and the message as the server sent it
   * @throws SourceError
   */
  async subscribe(what: string, kind: 'subscribe' | 'psubscribe', channel: string, told: (channel: string, message: unknown) => void): Promise<void> {
    this.#redis.on('messageBuffer', (from: Buffer, message: unknown) => told(from.toString(), message));
    this.#redis.on('pmessageBuffer', (_pattern: string, from: Buffer, message: unknown) => told(from.toString(), message));
    try {
      await this.#heard(what, this.#redis[kind](channel), this.#dial.timeoutMs);
    } catch (error) {
      throw redisError(what, error);
    }
  }

  /** Whether the server still answers. */
  async ping(timeoutMs?: number): Promise<void> {
    await this.ask(this.#dial.what, [['PING']], timeoutMs);
  }

  /** Ends it at once, whatever is under way. Never throws. */
  close(): void {
    this.#closed = true;
    // On a socket that has closed already the client would wait two seconds for its end, and the process with it.
    if (!(this.#redis.stream as Redis['stream'] | undefined)?.destroyed) this.#redis.disconnect();
    // The client would wait for the server to agree, which may hang.
    (this.#redis.stream as Redis['stream'] | undefined)?.destroy();
  }

  async #connect(): Promise<void> {
    const { what, login, where, timeoutMs } = this.#dial;
    const connected = this.#redis.connect();
    // The socket is made in a later tick of ours; it must not keep the process alive, neither now nor later.
    setImmediate(() => (this.#redis.stream as Redis['stream'] | undefined)?.unref());
    try {
      await this.#heard(what, connected, timeoutMs);
    } catch (error) {
      const cause = this.#failure ?? error;
      forgetCommand(cause);
      throw cause instanceof SourceError ? cause : new SourceError(`${what}: expected a Redis at ${where}, found ${quote(redisReason(cause))}: check host and port, and that it runs`, { cause });
    }
    this.#redis.stream.unref();
    for (const command of login) await this.#greet(command);
  }

  async #greet(command: Command): Promise<void> {
    const [name] = command;
    try {
      await this.ask(`${this.#dial.what}: ${this.#dial.where}`, [command]);
    } catch (error) {
      // A password that nobody asks for is no reason to stay outside.
      if (!(name === 'AUTH' && isRefusal(error) && /without any password configured|no password is set/.test(String((error as Error).cause)))) throw error;
    }
  }

  async #heard<T>(what: string, work: Promise<T>, ms: number): Promise<T> {
    const heard = (): number => (this.#redis.stream as Redis['stream'] | undefined)?.bytesRead ?? 0;
    try {
      return await whileHeard({ ms, heard }, () => new SourceError(`${what}: expected a word of Redis at ${this.#dial.where} within ${ms} ms, found none`), work);
    } catch (error) {
      // What was sent may still be answered, and would be taken for the answer to something else.
      if (error instanceof SourceError) this.close();
      throw error;
    }
  }

  #checked(what: string, reply: Reply): Reply {
    if (!(reply instanceof Error)) return reply;
    if (isRefusal(reply)) throw redisError(what, reply);
    throw this.#lostError(reply);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lost(this.#lostError(new Error('the server closed it')));
  }

  #lostError(cause: unknown): SourceError {
    const reason = this.#failure ?? cause;
    forgetCommand(reason);
    return new SourceError(`${this.#dial.what}: the connection to Redis at ${this.#dial.where} was lost: ${quote(redisReason(reason))}`, { cause: reason });
  }
}

function redisReason(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : String(error);
}
