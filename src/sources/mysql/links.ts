import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { kindOf } from '../../core/check.js';
import { withinMs } from '../deadline.js';
import type { MysqlCorePool, MysqlPooledClient } from './client.js';
import { problemOf, type Place } from './errors.js';
import { Link } from './link.js';
import { lentSettings, present, restored } from './settings.js';

/** Where connections come from: our own, or one of somebody's pool for as long as it is used. */
export interface Links {
  /** @throws SourceError */
  take(): Promise<Link>;
  give(link: Link): Promise<void>;
  /** Ends what is under way. */
  close(): void;
}

export class OwnLinks implements Links {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  take(): Promise<Link> {
    return Promise.resolve(this.#link);
  }

  give(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#link.leave();
  }
}

interface Lent {
  readonly client: MysqlPooledClient;
  readonly settings: readonly unknown[];
}

/** A pooled connection is lent for one piece of work, so that a small pool stays usable between two looks. */
export class PooledLinks implements Links {
  readonly #pool: MysqlCorePool;
  readonly #place: Place;
  readonly #holds: boolean;
  readonly #lent = new Map<Link, Lent>();
  #closed = false;

  constructor(pool: MysqlCorePool, place: Place, holds: boolean) {
    this.#pool = pool;
    this.#place = place;
    this.#holds = holds;
  }

  async take(): Promise<Link> {
    const client = await this.#borrow();
    const link = new Link(client, this.#place, this.#holds);
    this.#lent.set(link, { client, settings: [] });
    try {
      this.#lent.set(link, { client, settings: await this.#settings(link) });
      await link.run(lentSettings(this.#place.timeout));
      return link;
    } catch (error) {
      this.#drop(link);
      throw error;
    }
  }

  async give(link: Link): Promise<void> {
    const lent = this.#lent.get(link);
    if (lent === undefined || link.isBroken) return this.#drop(link);
    try {
      await link.run(restored(lent.settings));
    } catch {
      return this.#drop(link); // the pool makes another one
    }
    if (!this.#lent.delete(link)) return;
    link.detach();
    lent.client.release();
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#lent.keys()) this.#drop(link);
  }

  // Its listener stays: errors may still come.
  #drop(link: Link): void {
    link.destroy();
    this.#lent.delete(link);
  }

  async #borrow(): Promise<MysqlPooledClient> {
    let late = false;
    const closed = new SourceError(`${this.#place.what}: the pool is not asked any more`);
    const borrowed = new Promise<MysqlPooledClient>((resolve, reject) => {
      this.#pool.getConnection((thrown, client) => {
        if (thrown !== null) return reject(problemOf(thrown, this.#place));
        if (!late && !this.#closed) return resolve(client);
        client.release();
        reject(closed);
      });
    });
    try {
      return await withinMs(this.#place.timeout, `${this.#place.what}: a connection of the pool`, borrowed);
    } catch (error) {
      late = true;
      throw error;
    }
  }

  async #settings(link: Link): Promise<readonly unknown[]> {
    for await (const [row] of link.rows(present)) {
      if (row?.[0] === 'utf8mb4' && row[1] === 'utf8mb4') return row;
      throw this.#otherCharset(row?.[0]);
    }
    throw new SourceError(`${this.#place.what}: expected ${this.#place.server} to tell its settings, found none`);
  }

  #otherCharset(charset: unknown): ConfigError {
    const found = typeof charset === 'string' ? quote(charset) : kindOf(charset);
    return new ConfigError('CALUMMA_OPTION', `${this.#place.what}: expected a pool whose connections speak utf8mb4, found ${found}: createPool({ charset: 'utf8mb4' })`);
  }
}
