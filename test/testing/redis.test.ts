import { Redis } from 'ioredis';

import { redis, type RedisOptions } from '../../src/entries/redis.js';
import type { Rig } from '../../src/testing/index.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startRedis, type RedisServer } from '../harness/servers/redis.js';
import { conform } from './conform.js';

interface Way {
  readonly options: RedisOptions;
  put(client: Redis, key: string, value: string): Promise<unknown>;
  remove(client: Redis, key: string): Promise<unknown>;
  putAll(client: Redis, entries: ReadonlyMap<string, string>): Promise<unknown>;
  malform(client: Redis): Promise<unknown>;
  mend(client: Redis): Promise<unknown>;
}

const hash: Way = {
  options: { hash: 'config' },
  put: (client, key, value) => client.hset('config', key, value),
  remove: (client, key) => client.hdel('config', key),
  putAll: (client, entries) => client.hset('config', ...[...entries].flat()),
  malform: async (client) => {
    await client.rename('config', 'away');
    await client.set('config', 'no hash');
  },
  mend: (client) => client.rename('away', 'config'),
};

const prefix: Way = {
  options: { prefix: 'config:' },
  put: (client, key, value) => client.set(`config:${key}`, value),
  remove: (client, key) => client.del(`config:${key}`),
  putAll: (client, entries) => client.mset(...[...entries].flatMap(([key, value]) => [`config:${key}`, value])),
  malform: (client) => client.set('config:bad', Buffer.from([0xff, 0xfe])),
  mend: (client) => client.del('config:bad'),
};

async function openRig(server: RedisServer, way: Way): Promise<Rig> {
  await server.flush();
  const client = new Redis(server.url);
  const proxy = await openProxy(server.port);
  let malformed = false;
  const mend = async (): Promise<void> => {
    if (malformed) await way.mend(client);
    malformed = false;
  };
  return {
    source: redis({ url: server.url.replace(`:${server.port}`, `:${proxy.port}`), ...way.options, every: 100 }),
    put: async (key, value) => {
      await mend();
      await way.put(client, key, value);
    },
    remove: (key) => way.remove(client, key),
    putAll: (entries) => way.putAll(client, entries),
    malform: async () => {
      await way.malform(client);
      malformed = true;
    },
    breakDown: () => proxy.refuse(),
    repair: () => proxy.heal(),
    close: async () => {
      client.disconnect();
      await proxy.close();
    },
  };
}

describeWith('redis', 'the source of Redis', () => {
  const server = useServer(() => startRedis());
  conform('redis({ hash })', () => openRig(server(), hash));
  conform('redis({ prefix })', () => openRig(server(), prefix));
});
