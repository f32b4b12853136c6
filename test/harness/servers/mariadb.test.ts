import { createConnection, type Connection } from 'mysql2/promise';
import { afterEach, expect, test } from 'vitest';

import { describeWith, useServer } from './available.js';
import { startMariadb } from './mariadb.js';

describeWith('mariadb', 'a MariaDB for tests', () => {
  const mariadb = useServer(startMariadb);
  const connections: Connection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.destroy()));

  async function connect(uri: string, connectTimeout = 10_000): Promise<Connection> {
    const connection = await createConnection({ uri, connectTimeout });
    connection.on('error', () => undefined);
    connections.push(connection);
    return connection;
  }

  async function ask(uri: string, text: string): Promise<unknown> {
    const [rows] = await (await connect(uri)).query(text);
    return rows;
  }

  test('every database is fresh', async () => {
    const one = await mariadb().createDatabase();
    const two = await mariadb().createDatabase();
    await ask(one.url, 'create table t (x int)');
    await expect(ask(two.url, 'select * from t')).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
  });

  test('the ordinary user comes in with the right password only', async () => {
    const { userUrl, name } = await mariadb().createDatabase();
    await ask(userUrl, 'create table t as select 1 as x');
    expect(await ask(userUrl, 'select x from t')).toEqual([{ x: 1 }]);
    const wrong = `mysql://${mariadb().user}:wrong@127.0.0.1:${mariadb().port}/${name}`;
    await expect(ask(wrong, 'select 1')).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
    await expect(ask(userUrl, 'select * from mysql.user')).rejects.toMatchObject({ code: 'ER_TABLEACCESS_DENIED_ERROR' });
  });

  test('what was written outlives kill and restart on the same port', async () => {
    const { url } = await mariadb().createDatabase();
    await ask(url, `create table t as select 'kept' as x`);
    await mariadb().kill();
    await expect(ask(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await mariadb().restart();
    expect(await ask(url, 'select x from t')).toEqual([{ x: 'kept' }]);
  });

  test('a paused server answers nobody, and goes on where it was', async () => {
    const { url } = await mariadb().createDatabase();
    const connection = await connect(url);
    mariadb().pause();
    let answered = false;
    const answer = connection.query('select 1').then(() => (answered = true));
    await expect(connect(url, 300)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(answered).toBe(false);
    mariadb().resume();
    await answer;
  });
});
