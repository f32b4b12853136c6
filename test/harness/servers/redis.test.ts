import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';

import { until } from '../../sources/following.js';
import { describeWith, useServer } from './available.js';
import { startRedis } from './redis.js';

describeWith('redis', 'a Redis for tests', () => {
  const password = 'p@ss word';
  const redis = useServer(() => startRedis({ keyspaceEvents: 'KEA', password }));
  const clients: Redis[] = [];
  afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

  function connect(url = redis().url): Redis {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  test('it wants the password', async () => {
    await expect(connect(`redis://127.0.0.1:${redis().port}`).get('x')).rejects.toThrow('NOAUTH');
    expect(await connect().ping()).toBe('PONG');
  });

  test('it tells of changed keys', async () => {
    const told: string[] = [];
    const reader = connect();
    reader.on('message', (_channel: string, key: string) => told.push(key));
    await reader.subscribe('__keyevent@0__:set');
    await connect().set('told', '1');
    await until(() => told.includes('told'));
  });

  test('what was written outlives kill and restart on the same port', async () => {
    await connect().set('kept', 'yes');
    await redis().kill();
    await expect(connect().connect()).rejects.toThrow();
    await redis().restart();
    expect(await connect().get('kept')).toBe('yes');
    await redis().flush();
    expect(await connect().get('kept')).toBeNull();
  });

  test('a paused server answers nobody, and goes on where it was', async () => {
    const client = connect();
    await client.set('x', '1');
    redis().pause();
    let answered = false;
    const answer = client.get('x').then(() => (answered = true));
    const other = new Redis(redis().url, { commandTimeout: 300, retryStrategy: () => null });
    other.on('error', () => undefined);
    clients.push(other);
    await expect(other.get('x')).rejects.toThrow();
    expect(answered).toBe(false);
    redis().resume();
    await answer;
  });
});
