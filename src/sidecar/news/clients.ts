import type { IncomingMessage } from 'node:http';
import { Problem } from '../http/problem.js';

/** Somebody who waits for news: what `/v1/clients` tells of them. */
export interface Client {
  readonly kind: 'watch' | 'poll';
  readonly name: string;
  /** ms since the epoch. */
  readonly since: number;
  readonly namespaces: readonly string[];
  readonly prefix: string;
  /** The revision told last. */
  told(): string;
  /** The sidecar ends, or the namespace is gone: says so and goes. */
  end(): void;
}

/** All who wait for news. */
export class Clients {
  readonly #most: number;
  readonly #all = new Set<Client>();

  constructor(most: number) {
    this.#most = most;
  }

  get all(): ReadonlySet<Client> {
    return this.#all;
  }

  count(kind: Client['kind']): number {
    let count = 0;
    for (const client of this.#all) if (client.kind === kind) count += 1;
    return count;
  }

  /** @throws Problem 503 when there are as many as may be */
  expectRoom(): void {
    if (this.#all.size < this.#most) return;
    throw new Problem(503, 'TOO_MANY_CLIENTS', `${this.#most} clients wait for news already`, { 'retry-after': '5' });
  }

  add(client: Client): void {
    this.#all.add(client);
  }

  remove(client: Client): void {
    this.#all.delete(client);
  }

  endAll(): void {
    for (const client of [...this.#all]) client.end();
  }
}

/** What a client calls itself: `X-Config-Client`, else its `User-Agent`. */
export function nameOf({ headers }: IncomingMessage): string {
  const name = headers['x-config-client'] ?? headers['user-agent'] ?? '';
  return String(name).slice(0, 100);
}
