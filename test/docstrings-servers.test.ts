import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysql, mysqlSchema } from '../src/entries/mysql.js';
import { postgres, postgresSchema } from '../src/entries/postgres.js';
import { redis } from '../src/entries/redis.js';
import * as calumma from '../src/index.js';
import { ZooKeeperClient } from '../src/zookeeper/index.js';
import { zookeeper } from '../src/sources/zookeeper/index.js';
import * as zookeeperExports from '../src/zookeeper/index.js';
import * as treeExports from '../src/zookeeper/tree/index.js';
import { docstringExamples, globalsFor, promised, runExample } from './examples.js';
import { describeWith, type Requirement, useServer } from './harness/servers/available.js';
import { startMariadb } from './harness/servers/mariadb.js';
import { startPostgres } from './harness/servers/postgres.js';
import { startRedis } from './harness/servers/redis.js';
import { startZookeeper } from './harness/servers/zookeeper.js';
import { onServers } from './server-examples.js';

/** What an example takes for granted, and how that is cleared away. */
interface Stage {
  readonly world: Readonly<Record<string, unknown>>;
  readonly clear: () => unknown;
}

function examplesOn(requirement: Requirement, set: () => Promise<Stage>): void {
  const examples = docstringExamples('src').filter(({ name }) => onServers(name) === requirement);
  test('there are examples', () => expect(examples.length).toBeGreaterThan(0));
  test.each(examples)('the example at $name runs', async ({ code }) => {
    const { world, clear } = await set();
    try {
      const printed = await runExample(code, { calumma }, globalsFor(code, { ...calumma, ...world }));
      const words = promised(code);
      if (words.length > 0) expect(printed).toEqual(words);
    } finally {
      await clear();
    }
  });
}

describeWith('postgres', 'examples on PostgreSQL', () => {
  const server = useServer(startPostgres);
  examplesOn('postgres', async () => {
    const { url } = await server().createDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return { world: { postgres: () => postgres({ connectionString: url }), postgresSchema, client }, clear: () => client.end() };
  });
});

describeWith('mariadb', 'examples on MariaDB', () => {
  const server = useServer(startMariadb);
  examplesOn('mariadb', async () => {
    const { url } = await server().createDatabase();
    const connection = await createConnection(url);
    for (const statement of mysqlSchema({ filter: ['application'] })) await connection.query(statement);
    return { world: { mysql: (options: object) => mysql({ ...options, uri: url }), mysqlSchema, connection }, clear: () => connection.end() };
  });
});

describeWith('redis', 'examples on Redis', () => {
  const server = useServer(startRedis);
  examplesOn('redis', () => Promise.resolve({ world: { redis: (options: object) => redis({ ...options, url: server().url }) }, clear: () => server().flush() }));
});

describeWith('zookeeper', 'examples on ZooKeeper', () => {
  const server = useServer(startZookeeper);
  let count = 0;
  examplesOn('zookeeper', async () => {
    const connect = `${server().url}/example${count++}`;
    const client = new ZooKeeperClient({ connect });
    await client.ensurePath('/config');
    await client.create('/config/limit', '50');
    return { world: { ...zookeeperExports, ...treeExports, zookeeper: (options: object) => zookeeper({ ...options, connect, root: '/config' }), client }, clear: () => client.close() };
  });
});
