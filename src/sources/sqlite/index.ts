export { sqlite, type SqliteSource } from './sqlite.js';
export { sqliteSchema } from './schema.js';
export type { SqliteOptions } from './options.js';
export type { SqliteDatabase } from './driver.js';
