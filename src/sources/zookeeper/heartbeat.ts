import { isCode } from '../../zookeeper/errors.js';
import type { ZooKeeperClient } from '../../zookeeper/index.js';
import { jittered } from '../pause.js';

const everyMs = 5_000;
const silenceMs = 15_000;

/**
 * A node that is written every few seconds by one of all who read the same root, and that all of them watch: who hears nothing
 * of it has a connection that answers, but tells of no changes.
 */
export class Heartbeat {
  readonly #client: ZooKeeperClient;
  readonly #path: string;
  readonly #warn: (error: unknown) => void;
  readonly #abort = new AbortController();
  #heardAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #hasWarned = false;
  #isBeating = false;

  /** @param warn gets why the node cannot be written or watched, once */
  constructor(client: ZooKeeperClient, path: string, warn: (error: unknown) => void) {
    this.#client = client;
    this.#path = path;
    this.#warn = warn;
  }

  /** Whether nothing was heard for 15 s. */
  get isSilent(): boolean {
    return performance.now() - this.#heardAt > silenceMs;
  }

  start(): void {
    void this.#watch().catch((error: unknown) => this.#problem(error));
    void this.#beat();
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#abort;
    const watch = await this.#client.addWatch(this.#path, () => void (this.#heardAt = performance.now()), { signal, background: true });
    signal.addEventListener('abort', () => void watch.remove().catch(() => undefined), { once: true });
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      // Somebody else may have been faster, or the last one waits for a connection.
      if (!this.#isBeating && performance.now() - this.#heardAt > everyMs * 0.8) void this.#beat();
      this.#schedule();
    }, jittered(everyMs)).unref();
  }

  async #beat(): Promise<void> {
    const { signal } = this.#abort;
    this.#isBeating = true;
    try {
      await this.#client.setData(this.#path, '', { signal, background: true });
    } catch (error) {
      if (isCode(error, 'NONODE')) await this.#client.ensurePath(this.#path, { signal, background: true }).catch((problem: unknown) => this.#problem(problem));
      else this.#problem(error);
    } finally {
      this.#isBeating = false;
    }
  }

  #problem(error: unknown): void {
    if (this.#abort.signal.aborted || isCode(error, 'CONNECTIONLOSS', 'CLOSED', 'SESSIONEXPIRED') || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(error);
  }
}
