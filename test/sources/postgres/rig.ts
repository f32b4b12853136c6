import pg from 'pg';
import { expect, onTestFinished, vi } from 'vitest';

import { createConfig, type Config, type LayerHealth } from '../../../src/index.js';
import type { ConfigError } from '../../../src/core/errors.js';
import { postgres, postgresSchema, type PostgresOptions, type PostgresSource } from '../../../src/sources/postgres/index.js';
import type { Database } from '../../harness/servers/database.js';
import type { PostgresServer } from '../../harness/servers/postgres.js';
import { follow, hostFor, until, type Follower } from '../following.js';

/** A client for the other side: it ends with the test. */
export async function clientOf(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the server is killed in some tests
  await client.connect();
  onTestFinished(() => {
    client.end().catch(() => undefined);
  });
  return client;
}

export interface Store {
  readonly database: Database;
  /** As the superuser. */
  readonly admin: pg.Client;
  readonly run: (sql: string, params?: unknown[]) => Promise<pg.QueryResult>;
  /** Options of a source for this database. */
  readonly options: (more?: PostgresOptions) => PostgresOptions;
}

/** A fresh database, with the shipped schema unless `schema` says otherwise. */
export async function storeOn(server: PostgresServer, schema: string = postgresSchema()): Promise<Store> {
  const database = await server.createDatabase();
  const admin = await clientOf(database.url);
  if (schema !== '') await admin.query(schema);
  return {
    database,
    admin,
    run: (sql, params) => admin.query(sql, params),
    options: (more = {}) => ({ connectionString: database.url, every: '1h', reconcile: '1h', ...more }),
  };
}

/** Follows a source until the test ends, and waits for its first reading. */
export async function following(source: PostgresSource): Promise<Follower> {
  const follower = follow(source, hostFor());
  onTestFinished(() => follower.stop());
  await until(() => follower.readings.length > 0 || follower.thrown() !== undefined, () => follower.thrown());
  if (follower.thrown() !== undefined) throw follower.thrown() as Error;
  return follower;
}

export interface Running {
  readonly config: Config;
  readonly errors: ConfigError[];
  readonly layer: () => LayerHealth;
}

/** A config with this one layer, closed when the test ends. */
export function running(options: PostgresOptions): Running {
  const errors: ConfigError[] = [];
  const config = createConfig({ layers: [postgres(options)], onError: (error) => errors.push(error) });
  onTestFinished(() => config.close());
  return { config, errors, layer: () => config.health().layers.find(({ name }) => name === (options.name ?? 'postgres'))! };
}

export async function untilValue(config: Config, key: string, value: string | undefined): Promise<void> {
  await until(() => config.get(key) === value, () => ({ found: config.get(key), health: config.health().layers.map(({ state, lastError }) => [state, lastError?.message]) }));
}

/** Asks again until the answer is this. */
export async function untilEqual(ask: () => Promise<unknown>, expected: unknown): Promise<void> {
  await vi.waitFor(async () => expect(await ask()).toEqual(expected), { timeout: 10_000, interval: 10 });
}
