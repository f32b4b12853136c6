import { once } from 'node:events';
import { createServer } from 'node:net';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';

import { postgres, type PostgresOptions } from '../../../src/sources/postgres/index.js';
import { openProxy, type Proxy } from '../../harness/proxy.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startPostgres } from '../../harness/servers/postgres.js';
import { follow, plain, until } from '../following.js';
import { clientOf, following, running, storeOn, untilEqual, untilValue, type Store } from './rig.js';

const timeout = 1_000;

describeWith('postgres', 'outages of PostgreSQL', () => {
  const server = useServer(startPostgres);

  /** A table with `a` = 1, behind a proxy. */
  async function behindProxy(): Promise<{ store: Store; proxy: Proxy; options: (more?: PostgresOptions) => PostgresOptions }> {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const proxy = await openProxy(server().port);
    onTestFinished(() => proxy.close());
    const connectionString = `postgres://postgres@${proxy.host}:${proxy.port}/${store.database.name}`;
    return { store, proxy, options: (more = {}) => store.options({ connectionString, timeout, ...more }) };
  }

  async function lasts(condition: () => boolean, seen: () => unknown): Promise<number> {
    const start = performance.now();
    await until(condition, seen);
    return performance.now() - start;
  }

  test('nothing that is written during an outage is lost', async () => {
    const { store, proxy, options } = await behindProxy();
    const { config, errors, layer } = running(options());
    await untilValue(config, 'a', '1');
    await proxy.refuse();
    await until(() => layer().state === 'stale', layer);
    expect(config.get('a')).toBe('1');
    await store.run(`update properties set value = '2'; insert into properties (key, value) values ('b', '1')`);
    await proxy.heal();
    await untilValue(config, 'a', '2');
    expect(config.get('b')).toBe('1');
    expect(layer().state).toBe('live');
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['CALUMMA_SOURCE']));
    expect(errors.map(({ message }) => message).join()).toMatch(/the connection to 127.0.0.1:\d+\/test_\d+ was lost|nobody can be reached there/);
  });

  test('a server that is killed and started again', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const { config, layer } = running(store.options({ timeout }));
    await untilValue(config, 'a', '1');
    await server().kill();
    await until(() => layer().state === 'stale', layer);
    expect(config.get('a')).toBe('1');
    await server().restart();
    await (await clientOf(store.database.url)).query(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
    expect(layer().state).toBe('live');
  });

  test('a server that hangs is noticed though nothing is asked of it, and comes back by itself', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const { config, layer, errors } = running(store.options({ timeout }));
    await untilValue(config, 'a', '1');
    server().pause();
    try {
      const ms = await lasts(() => layer().state === 'stale', layer);
      expect(ms).toBeLessThan(3 * timeout);
      expect(errors[0]?.message).toMatch(/^postgres: expected an answer of 127.0.0.1:\d+\/test_\d+ within 1000 ms, found none/);
    } finally {
      server().resume();
    }
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
  });

  test('a connection that swallows everything is noticed, and so is what it swallowed', async () => {
    const { store, proxy, options } = await behindProxy();
    const { config, layer } = running(options());
    await untilValue(config, 'a', '1');
    proxy.blackhole();
    await store.run(`update properties set value = '2'`);
    await until(() => layer().state === 'stale', layer);
    await proxy.heal();
    await untilValue(config, 'a', '2');
  });

  test('a slow connection is only slow', async () => {
    const { store, proxy, options } = await behindProxy();
    proxy.delay(40);
    const { config, errors } = running(options());
    await untilValue(config, 'a', '1');
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
    expect(errors).toEqual([]);
  });

  test('a connection that is reset', async () => {
    const { store, proxy, options } = await behindProxy();
    const { config, layer } = running(options());
    await untilValue(config, 'a', '1');
    for (let i = 2; i < 6; i++) {
      proxy.reset();
      await store.run('update properties set value = $1', [i]);
      await untilValue(config, 'a', String(i));
    }
    await until(() => layer().state === 'live', layer);
  });

  test('a reply that is cut anywhere is never half believed', async () => {
    const { store, proxy, options } = await behindProxy();
    await store.run(`delete from properties; insert into properties (key, value) select 'k' || i, 'v' from generate_series(1, 3000) i`);
    const sizes = new Set<number>();
    for (let i = 0; i < 15; i++) {
      proxy.cutAfter(1 + Math.floor(Math.random() * 120_000));
      const seen = follow(postgres(options()));
      await until(() => seen.readings.length > 0 || seen.thrown() !== undefined);
      if (seen.readings.length > 0) sizes.add(seen.entries.size);
      else expect(seen.thrown()).toMatchObject({ code: 'CALUMMA_SOURCE' });
      await seen.stop();
      await proxy.heal();
    }
    const whole = await following(postgres(options()));
    sizes.add(whole.entries.size);
    expect([...sizes]).toEqual([3_000]);
  });

  test('an idle connection that the administrator ends is opened again', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const { config, errors } = running(store.options());
    await untilValue(config, 'a', '1');
    await store.run(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'calumma' and datname = current_database()`);
    await until(() => errors.length > 0);
    expect(errors[0]?.message).toMatch(/was ended by the server \(terminating connection due to administrator command\)/);
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
  });

  test('a client of a pool that breaks is thrown away, and the process goes on', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    const pool = new pg.Pool({ connectionString: store.database.url }); // nobody listens to its errors
    onTestFinished(() => pool.end());
    const { config, layer } = running({ pool, timeout, every: '1h' });
    await untilValue(config, 'a', '1');
    await store.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);
    await until(() => layer().lastError !== undefined, layer);
    await store.run(`update properties set value = '2'`);
    await untilValue(config, 'a', '2');
    expect(pool.totalCount).toBe(1);
    server().pause();
    await until(() => layer().state === 'stale', layer).finally(() => server().resume());
    await store.run(`update properties set value = '3'`);
    await untilValue(config, 'a', '3');
  });

  test('a pool whose clients are all taken is said to be', async () => {
    const store = await storeOn(server());
    const pool = new pg.Pool({ connectionString: store.database.url, max: 1 });
    const taken = await pool.connect();
    const { config, errors } = running({ pool, timeout: 200 });
    await until(() => errors.length > 0);
    expect(errors[0]?.message).toMatch(/a free connection of the pool: expected an answer within 200 ms/);
    taken.release();
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    await untilValue(config, 'a', '1');
    await config.close();
    await pool.end(); // ends only when every client is back
  });

  test('announcements that are lost are made up for by the next look', async () => {
    const store = await storeOn(server());
    await store.run(`alter table properties disable trigger calumma_insert; alter table properties disable trigger calumma_update`);
    const seen = await following(postgres(store.options({ every: 50 })));
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    await until(() => seen.entries.get('a') === '1');
    await store.run(`update properties set value = '2'`);
    await until(() => seen.entries.get('a') === '2');
  });

  test('changes past all triggers are found by comparing everything', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1'), ('b', '1')`);
    const seen = await following(postgres(store.options({ every: 20, reconcile: 100 })));
    await store.run(`set session_replication_role = replica; update properties set value = '2' where key = 'a'; delete from properties where key = 'b'; reset session_replication_role`);
    await until(() => seen.entries.get('a') === '2');
    expect(plain(seen.entries)).toEqual({ a: '2' });
  });

  test('an older state that is put back is read as it is', async () => {
    const store = await storeOn(server());
    await store.run(`insert into properties (key, value) values ('a', '1')`);
    await store.run(`create table saved as select * from properties; create table saved_revision as select * from properties_revision`);
    await store.run(`update properties set value = '2'; update properties set value = '3'`);
    const seen = await following(postgres(store.options({ every: 20 })));
    expect(seen.entries.get('a')).toBe('3');
    await store.run(`begin; set local session_replication_role = replica; delete from properties; insert into properties select * from saved; update properties_revision r set version = s.version from saved_revision s; commit`);
    await until(() => seen.entries.get('a') === '1');
  });

  test('a process that was busy itself does not take the server for silent', async () => {
    const store = await storeOn(server());
    const { config, errors } = running(store.options({ timeout: 300, every: 20 }));
    await config.ready();
    for (let i = 0; i < 5; i++) {
      const end = performance.now() + 700;
      while (performance.now() < end); // longer than the deadline
      await store.run(`insert into properties (key, value) values ('a', $1) on conflict (key) do update set value = $1`, [i]);
      await untilValue(config, 'a', String(i));
    }
    expect(errors).toEqual([]);
  });

  describe('whoever leaves does not wait', () => {
    test('for a server that takes the connection and says nothing', async () => {
      let taken = 0;
      const silent = createServer((socket) => {
        taken += 1;
        socket.resume();
      }).listen(0, '127.0.0.1');
      onTestFinished(() => void silent.close());
      await once(silent, 'listening');
      const { port } = silent.address() as { port: number };
      const source = postgres({ host: '127.0.0.1', port, user: 'u', database: 'd', timeout: 300 });
      const early = follow(source);
      await until(() => taken === 1);
      const start = performance.now();
      await early.stop();
      expect(performance.now() - start).toBeLessThan(200);
      expect(early.thrown()).toBeUndefined();
      const seen = follow(source);
      await until(() => seen.thrown() !== undefined);
      expect(seen.thrown()).toMatchObject({ code: 'CALUMMA_SOURCE', message: `postgres: connecting to 127.0.0.1:${port}/d: expected an answer within 300 ms, found none` });
      await untilEqual(() => new Promise((resolve) => silent.getConnections((_, count) => resolve(count))), 0);
    });

    test('for one that hangs in the middle', async () => {
      const store = await storeOn(server());
      const seen = await following(postgres(store.options()));
      server().pause();
      try {
        const start = performance.now();
        await seen.stop();
        expect(performance.now() - start).toBeLessThan(200);
      } finally {
        server().resume();
      }
      expect(seen.thrown()).toBeUndefined();
      const connections = `select count(*)::int as n from pg_stat_activity where application_name = 'calumma' and datname = current_database()`;
      await untilEqual(async (): Promise<unknown> => (await store.run(connections)).rows, [{ n: 0 }]);
    });
  });

  test('a write to a server that hangs fails within the deadline', async () => {
    const store = await storeOn(server());
    const source = postgres(store.options({ timeout: 300 }));
    server().pause();
    try {
      await expect(source.set({ a: '1' }, { author: 'ann', reason: 'test' })).rejects.toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('within 300 ms') as string });
    } finally {
      server().resume();
    }
  });

  test('a write whose connection breaks is done or not, and said to have failed', async () => {
    const { store, proxy, options } = await behindProxy();
    const source = postgres(options());
    let failed = 0;
    for (let i = 0; i < 20; i++) {
      proxy.cutAfter(1 + Math.floor(Math.random() * 3_000));
      try {
        await source.set({ x: i, y: i }, { author: 'ann', reason: 'test' });
      } catch (error) {
        failed += 1;
        expect(error).toMatchObject({ code: 'CALUMMA_SOURCE' });
      }
      await proxy.heal();
      const { rows } = await store.run(`select count(distinct value)::int as values, count(*)::int as keys from properties where key in ('x', 'y')`);
      expect([{ values: 1, keys: 2 }, { values: 0, keys: 0 }]).toContainEqual(rows[0]);
    }
    expect(failed).toBeGreaterThan(0);
  });
});
