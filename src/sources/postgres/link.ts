import { ConfigError, SourceError } from '../../core/errors.js';
import type { Place } from '../table/advice.js';
import { problemOf } from './errors.js';
import type { PgClient, PgNotification, PgResult, PgStream } from './pg.js';
import { valueTypes } from './values.js';
import { Vigil } from './vigil.js';

/** A client that is connected, and the two ways to be rid of it. */
export interface Connected {
  readonly client: PgClient;
  readonly stream: PgStream;
  readonly place: Place;
  /** It is in order: others may have it, or it is closed with a goodbye. */
  readonly giveBack: () => void;
  /** Ends it at once, whatever is under way. */
  readonly discard: () => void;
}

/** An answer is a batch of rows: more than a layer may hold, written in hexadecimal, with what goes around it, is too much. */
export function answerLimit(maxBytes: number): number {
  return maxBytes * 2.5 + 1024 * 1024;
}

/**
 * A connection on which no request waits for ever: one that hears nothing for `timeout` ms, or more than fits, is cut.
 * Nothing of it keeps the process alive, and no event of it can end the process.
 */
export class Link {
  readonly place: Place;
  readonly #connected: Connected;
  readonly #vigil: Vigil;
  readonly #maxAnswer: number;
  readonly #onLost = new Set<(error: ConfigError) => void>();
  #owed = 0;
  #bytes = 0;
  #lost: ConfigError | undefined;
  #gone = false;

  /** @param maxAnswer bytes that one answer may have */
  constructor(connected: Connected, maxAnswer: number) {
    this.place = connected.place;
    this.#connected = connected;
    this.#maxAnswer = maxAnswer;
    this.#vigil = new Vigil(this.place.timeout, () => this.#cut(this.#silence()));
    connected.stream.on('data', this.#hear);
    connected.client.on('error', this.#fail);
    connected.client.on('end', this.#end);
  }

  /** Bytes of the last answer. */
  get answerBytes(): number {
    return this.#bytes;
  }

  /** ms since anything was heard of the server; 0 while it owes an answer, which has a deadline of its own. */
  get silentMs(): number {
    return this.#owed > 0 ? 0 : this.#vigil.silentMs;
  }

  get isLost(): boolean {
    return this.#lost !== undefined || this.#gone;
  }

  /** Called once, when the connection breaks; not when it is closed. */
  onLost(listener: (error: ConfigError) => void): void {
    this.#onLost.add(listener);
  }

  onNotification(listener: (notification: PgNotification) => void): void {
    this.#connected.client.on('notification', (notification) => {
      if (!this.isLost) listener(notification);
    });
  }

  /** @throws ConfigError that says what to do */
  async query(text: string, params: readonly unknown[] = []): Promise<PgResult> {
    const cause = this.#cause();
    if (cause !== undefined) throw cause;
    if (this.#gone) throw new SourceError(`${this.place.what}: expected an open connection, found that it was closed`);
    this.#bytes = 0;
    if (this.#owed++ === 0) this.#vigil.begin();
    try {
      const result = await this.#connected.client.query({ text, values: params.map(asParameter), rowMode: 'array', types: valueTypes });
      return lastOf(result);
    } catch (thrown) {
      throw this.#cause() ?? problemOf(thrown, this.place);
    } finally {
      if (--this.#owed === 0) this.#vigil.end();
    }
  }

  /** Nothing is under way, and it is in order. */
  giveBack(): void {
    if (this.#owed > 0) return this.close();
    if (this.#leave()) this.#connected.giveBack();
  }

  /** Ends it, whatever is under way. */
  close(): void {
    if (this.#leave()) this.#connected.discard();
  }

  readonly #hear = (chunk: Uint8Array): void => {
    this.#vigil.heard();
    this.#bytes += chunk.length;
    if (this.#owed > 0 && this.#bytes > this.#maxAnswer) this.#cut(this.#flood());
  };

  readonly #fail = (error: Error): void => this.#cut(problemOf(error, this.place));

  readonly #end = (): void => this.#cut(problemOf(new Error('it was terminated'), this.place));

  #cut(error: ConfigError): void {
    if (this.isLost) return;
    this.#lost = error;
    this.close();
    for (const listener of this.#onLost) listener(error);
  }

  /** @returns false if it was left before */
  #leave(): boolean {
    if (this.#gone) return false;
    this.#gone = true;
    this.#vigil.end();
    const { client, stream } = this.#connected;
    stream.removeListener('data', this.#hear);
    client.removeListener('error', this.#fail);
    client.removeListener('end', this.#end);
    return true;
  }

  /** Why it was cut: known before the client tells its requests that the connection is gone. */
  #cause(): ConfigError | undefined {
    return this.#lost;
  }

  #silence(): SourceError {
    const { what, server, timeout } = this.place;
    return new SourceError(`${what}: expected an answer of ${server} within ${timeout} ms, found none: the connection is given up`);
  }

  #flood(): ConfigError {
    return new ConfigError('CALUMMA_TOO_LARGE', `${this.place.what}: expected rows that fit into the limit of the layer, found more than ${this.#maxAnswer} bytes in one answer`);
  }
}

/** `pg` would write a Date in the zone of this process, which a column without a zone takes at its word. */
function asParameter(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

/** Several statements in one text have several results. */
function lastOf(result: PgResult | readonly PgResult[]): PgResult {
  return Array.isArray(result) ? (result.at(-1) as PgResult) : (result as PgResult);
}
