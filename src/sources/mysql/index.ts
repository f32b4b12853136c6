export { mysql, type MysqlSource } from './mysql.js';
export type { MysqlPool } from './client.js';
export type { MysqlConnectOptions, MysqlOptions } from './options.js';
export { mysqlSchema } from './schema.js';
