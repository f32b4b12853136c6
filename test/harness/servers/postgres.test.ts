import pg from 'pg';
import { expect, test } from 'vitest';

import { until } from '../../sources/following.js';
import { describeWith, useServer } from './available.js';
import { startPostgres } from './postgres.js';

describeWith('postgres', 'a PostgreSQL for tests', () => {
  const postgres = useServer(startPostgres);

  async function ask(url: string, text: string, timeout = 10_000): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeout, query_timeout: timeout });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      void client.end();
    }
  }

  test('every database is fresh', async () => {
    const one = await postgres().createDatabase();
    const two = await postgres().createDatabase();
    await ask(one.url, 'create table t (x int)');
    await expect(ask(two.url, 'select * from t')).rejects.toThrow('relation "t" does not exist');
  });

  test('the owner of a database comes in with the right password only', async () => {
    const { userUrl, name } = await postgres().createDatabase();
    expect(await ask(userUrl, 'create table t (x int); insert into t values (1)').then(() => ask(userUrl, 'select x from t')))
      .toEqual([{ x: 1 }]);
    const wrong = `postgres://${postgres().user}:wrong@127.0.0.1:${postgres().port}/${name}`;
    await expect(ask(wrong, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('what was written outlives kill and restart on the same port', async () => {
    const { url } = await postgres().createDatabase();
    await ask(url, `create table t as select 'kept' as x`);
    await postgres().kill();
    await expect(ask(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await postgres().restart();
    expect(await ask(url, 'select x from t')).toEqual([{ x: 'kept' }]);
  });

  test('a paused server answers nobody, and goes on where it was', async () => {
    const { url } = await postgres().createDatabase();
    const client = new pg.Client(url);
    await client.connect();
    postgres().pause();
    let answered = false;
    const answer = client.query('select 1').then(() => (answered = true));
    await expect(ask(url, 'select 1', 300)).rejects.toThrow('timeout');
    expect(answered).toBe(false);
    postgres().resume();
    await answer;
    await client.end();
  });

  test('connections that were open are cut by kill', async () => {
    const client = new pg.Client((await postgres().createDatabase()).url);
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    await postgres().kill();
    await until(() => errors.length > 0);
    await postgres().restart();
  });
});
