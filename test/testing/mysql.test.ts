import { createConnection } from 'mysql2/promise';

import { mysql, mysqlSchema } from '../../src/entries/mysql.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startMariadb } from '../harness/servers/mariadb.js';
import { conform } from './conform.js';

const upsert = 'INSERT INTO properties (`key`, value) VALUES ? ON DUPLICATE KEY UPDATE value = VALUES(value)';

describeWith('mariadb', 'the source of MariaDB', () => {
  const server = useServer(startMariadb);

  conform('mysql()', async () => {
    const { url } = await server().createDatabase();
    const connection = await createConnection({ uri: url, charset: 'utf8mb4' });
    for (const statement of [mysqlSchema()].flat()) await connection.query(statement);
    const proxy = await openProxy(server().port);
    let malformed = false;
    const put = async (entries: ReadonlyMap<string, string>): Promise<void> => {
      if (malformed) await connection.query('ALTER TABLE properties RENAME COLUMN wert TO value');
      malformed = false;
      await connection.query(upsert, [[...entries]]);
    };
    return {
      source: mysql({ uri: url.replace(`:${server().port}/`, `:${proxy.port}/`), every: 20, reconcile: 500 }),
      put: (key, value) => put(new Map([[key, value]])),
      remove: (key) => connection.query('DELETE FROM properties WHERE `key` = ?', [key]),
      putAll: put,
      malform: async () => {
        await connection.query('ALTER TABLE properties RENAME COLUMN value TO wert');
        malformed = true;
      },
      breakDown: () => proxy.refuse(),
      repair: () => proxy.heal(),
      close: async () => {
        await connection.end();
        await proxy.close();
      },
    };
  });
});
