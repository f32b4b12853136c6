export { postgres, type PostgresSource } from './postgres.js';
export type { ConnectOptions as PostgresConnectOptions, PostgresOptions } from './options.js';
export type { PgPool as PostgresPool } from './pg.js';
export { postgresSchema } from './schema.js';
