import type { ConfigError} from '../../core/errors.js';
import { SourceError } from '../../core/errors.js';
import { whileHeard } from '../deadline.js';
import type { Row } from '../table/contract.js';
import { Answer } from './answer.js';
import type { MysqlClient } from './client.js';
import { problemOf, serverGone, type Place } from './errors.js';

/** One connection, asked one thing at a time. What its client throws comes out as errors that say what to do. */
export class Link {
  readonly #client: MysqlClient;
  readonly #place: Place;
  readonly #holds: boolean;
  readonly #lost: (error: ConfigError) => void;
  #answer: Answer | undefined;
  #broken: ConfigError | undefined;

  /**
   * @param holds whether what is asked keeps the process alive
   * @param lost is told when the connection breaks while nothing is asked
   */
  constructor(client: MysqlClient, place: Place, holds: boolean, lost: (error: ConfigError) => void = () => undefined) {
    this.#client = client;
    this.#place = place;
    this.#holds = holds;
    this.#lost = lost;
    client.on('error', this.#onError);
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  async *rows(sql: string): AsyncGenerator<readonly Row[]> {
    const answer = this.#ask(sql);
    try {
      for (;;) {
        const rows = await this.#next(answer);
        if (rows === undefined) return;
        yield rows;
      }
    } finally {
      // Left in the middle of its rows, a connection is of no use.
      if (!answer.isDone) this.destroy();
      this.#answer = undefined;
    }
  }

  async run(sql: string): Promise<void> {
    await this.columns(sql);
  }

  /** The names of the columns that a statement gives. */
  async columns(sql: string): Promise<readonly string[]> {
    const answer = this.#ask(sql);
    try {
      while ((await this.#next(answer)) !== undefined);
      return answer.names;
    } finally {
      if (!answer.isDone) this.destroy();
      this.#answer = undefined;
    }
  }

  /** Ends it, whatever is under way: what was asked is answered with an error. */
  destroy(error: ConfigError = closed(this.#place)): void {
    if (this.#broken !== undefined) return;
    this.#broken = error;
    end(this.#client);
    this.#answer?.fail(error);
  }

  /** Says goodbye if nothing is under way, so that the server counts no connection that was cut; waits for nothing. */
  leave(): void {
    if (this.#broken !== undefined || this.#answer !== undefined) return this.destroy();
    this.#broken = closed(this.#place);
    this.#client.end();
    this.#client.stream.destroySoon();
  }

  /** Gives the client back to where it came from: nothing more is heard of it here. */
  detach(): void {
    this.#client.removeListener('error', this.#onError);
  }

  // Without this listener an error of the client would end the process.
  readonly #onError = (thrown: unknown): void => {
    const idle = this.#answer === undefined && this.#broken === undefined;
    const error = problemOf(thrown, this.#place);
    this.destroy(error);
    if (idle) this.#lost(error);
  };

  #ask(sql: string): Answer {
    if (this.#broken !== undefined) throw this.#broken;
    this.#answer = new Answer(this.#client, sql);
    return this.#answer;
  }

  async #next(answer: Answer): Promise<readonly Row[] | undefined> {
    try {
      const listening = { heard: () => this.#client.stream.bytesRead, ms: this.#place.timeout, holds: this.#holds };
      return await whileHeard(listening, () => serverGone(this.#place), answer.next());
    } catch (thrown) {
      throw problemOf(thrown, this.#place);
    }
  }
}

function closed({ what, server }: Place): SourceError {
  return new SourceError(`${what}: the connection to ${server} was closed`);
}

/** `destroy` of the client only says goodbye; a server that hangs would keep the socket for ever. */
export function end(client: MysqlClient): void {
  client.destroy();
  client.stream.destroy();
}
