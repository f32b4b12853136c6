import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { once } from 'node:events';
import { mysql, mysqlSchema } from 'calumma/mysql';
import { postgres, postgresSchema } from 'calumma/postgres';
import { redis } from 'calumma/redis';
import { sqlite, sqliteSchema } from 'calumma/sqlite';
import { url } from 'calumma';

/**
 * @typedef {object} Store a real store, its source, and a writer that is not ours
 * @property {string} name
 * @property {{ p50: number, p99: number }} bounds ms from a change to the callback
 * @property {(port?: number) => object} source
 * @property {number} [port] of its server, for a proxy
 * @property {(entries: [string, string][]) => unknown} fill
 * @property {(key: string, value: string) => unknown} put
 * @property {(key: string, value: string) => unknown} [putOne] the same in the way that costs readers only the change
 * @property {() => unknown} close
 */

const everyMs = 200;
const polled = { p50: everyMs * 1.1 + 50, p99: everyMs * 1.1 + 50 };

/** Every store whose server is installed, one after the other. */
export const stores = { postgres: openPostgres, redis: openRedis, sqlite: openSqlite, mariadb: openMariadb, url: openUrl };

async function openPostgres({ startPostgres }) {
  const { default: pg } = await import('pg');
  const server = await startPostgres();
  const { url: connectionString } = await server.createDatabase();
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(postgresSchema());
  return {
    name: 'postgres',
    bounds: { p50: 5, p99: 25 },
    port: server.port,
    source: (port = server.port) => postgres({ connectionString: connectionString.replace(`:${server.port}/`, `:${port}/`) }),
    fill: (entries) => client.query('INSERT INTO properties (key, value) SELECT * FROM unnest($1::text[], $2::text[])', [entries.map(([key]) => key), entries.map(([, value]) => value)]),
    put: (key, value) => client.query('INSERT INTO properties (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [key, value]),
    async close() {
      await client.end();
      await server.stop();
    },
  };
}

async function openMariadb({ startMariadb }) {
  const { default: client } = await import('mysql2/promise');
  const server = await startMariadb();
  const { url: uri } = await server.createDatabase();
  const connection = await client.createConnection(uri);
  for (const statement of [mysqlSchema()].flat()) await connection.query(statement);
  return {
    name: 'mariadb',
    bounds: polled,
    port: server.port,
    source: (port = server.port) => mysql({ uri: uri.replace(`:${server.port}/`, `:${port}/`), every: everyMs }),
    async fill(entries) {
      await connection.query('BEGIN');
      for (let at = 0; at < entries.length; at += 1_000) await connection.query('INSERT INTO properties (`key`, value) VALUES ?', [entries.slice(at, at + 1_000)]);
      await connection.query('COMMIT');
    },
    put: (key, value) => connection.execute('INSERT INTO properties (`key`, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)', [key, value]),
    async close() {
      await connection.end();
      await server.stop();
    },
  };
}

async function openRedis({ startRedis }) {
  const { Redis } = await import('ioredis');
  const server = await startRedis();
  const client = new Redis(server.url);
  const writer = redis({ url: server.url, hash: 'config' });
  return {
    name: 'redis',
    bounds: { p50: 5, p99: 25 },
    port: server.port,
    source: (port = server.port) => redis({ url: server.url.replace(`:${server.port}`, `:${port}`), hash: 'config' }),
    async fill(entries) {
      for (let at = 0; at < entries.length; at += 5_000) await client.hset('config', ...entries.slice(at, at + 5_000).flat());
    },
    put: (key, value) => client.hset('config', key, value),
    // A hash that somebody else writes is compared as a whole: Redis does not tell which field it was.
    putOne: (key, value) => writer.set({ [key]: value }, { author: 'bench', reason: 'bench' }),
    async close() {
      client.disconnect();
      await server.stop();
    },
  };
}

function openSqlite(_, folder) {
  const Database = createRequire(import.meta.url)('libsql');
  const file = path.join(folder, 'config.db');
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.exec(sqliteSchema());
  const statement = database.prepare('INSERT INTO properties (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
  return {
    name: 'sqlite',
    bounds: { p50: 250, p99: 400 },
    source: () => sqlite({ path: file }),
    fill: database.transaction((entries) => entries.forEach((entry) => statement.run(...entry))),
    put: (key, value) => statement.run(key, value),
    close: () => database.close(),
  };
}

async function openUrl() {
  const held = new Map();
  let version = 0;
  let body = '';
  const server = createServer((request, response) => {
    const etag = `"${version}"`;
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
    body ||= [...held].map(([key, value]) => `${key}=${value}\n`).join('');
    response.writeHead(200, { etag, 'content-type': 'text/x-java-properties' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const change = (entries) => {
    for (const [key, value] of entries) held.set(key, value);
    version++;
    body = '';
  };
  const { port } = server.address();
  return {
    name: 'url',
    bounds: polled,
    port,
    source: (through = port) => url(`http://127.0.0.1:${through}/app.properties`, { every: everyMs }),
    fill: change,
    put: (key, value) => change([[key, value]]),
    close: () => server.closeAllConnections() ?? server.close(),
  };
}
