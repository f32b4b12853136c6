import pg from 'pg';

import { postgres, postgresSchema } from '../../src/entries/postgres.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startPostgres } from '../harness/servers/postgres.js';
import { conform } from './conform.js';

const upsert = 'INSERT INTO properties (key, value) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (key) DO UPDATE SET value = excluded.value';

describeWith('postgres', 'the source of PostgreSQL', () => {
  const server = useServer(startPostgres);

  conform('postgres()', async () => {
    const { url } = await server().createDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(postgresSchema());
    const proxy = await openProxy(server().port);
    let malformed = false;
    const put = async (entries: ReadonlyMap<string, string>): Promise<void> => {
      if (malformed) await client.query('ALTER TABLE properties RENAME COLUMN wert TO value');
      malformed = false;
      await client.query(upsert, [[...entries.keys()], [...entries.values()]]);
    };
    return {
      source: postgres({ connectionString: url.replace(`:${server().port}/`, `:${proxy.port}/`), every: 100, reconcile: 500 }),
      put: (key, value) => put(new Map([[key, value]])),
      remove: (key) => client.query('DELETE FROM properties WHERE key = $1', [key]),
      putAll: put,
      malform: async () => {
        await client.query('ALTER TABLE properties RENAME COLUMN value TO wert');
        malformed = true;
      },
      breakDown: () => proxy.refuse(),
      repair: () => proxy.heal(),
      close: async () => {
        await client.end();
        await proxy.close();
      },
    };
  });
});
