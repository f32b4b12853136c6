import { Redis } from 'ioredis';

import { openFolder } from './folder.js';
import { freePort } from './port.js';
import { requireProgram } from './programs.js';
import { ServerProcess, type Server, type ServerPlan } from './server.js';

export interface RedisServer extends Server {
  /** Undefined when none is asked for. */
  readonly password: string | undefined;
  /** Empties all databases: a fresh server for the next test. */
  flush(): Promise<void>;
}

export interface RedisOptions {
  /** What `notify-keyspace-events` takes, such as `KEA`. Default: none are sent. */
  readonly keyspaceEvents?: string;
  /** Asked of everyone (`requirepass`). Default: none. */
  readonly password?: string;
  /** Further settings, such as `{ maxclients: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a Redis. Its data outlives a restart. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const file = requireProgram('redis-server');
  const folder = await openFolder('redis');
  const port = await freePort();
  const url = urlOf(port, options.password);
  const args = settingArgs({ ...settingsOf(folder.path, port, options), ...options.settings });
  const server = new PrivateRedis({ folder, port, file, args, answers: () => ask(url, (redis) => redis.ping()) }, url, options);
  await server.restart();
  return server;
}

function settingsOf(dir: string, port: number, { keyspaceEvents, password }: RedisOptions): Record<string, string> {
  return {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    // Every write is appended to a file at once. What is written outlives a killed server, because the system keeps it.
    save: '',
    appendonly: 'yes',
    appendfsync: 'no',
    ...(keyspaceEvents === undefined ? {} : { 'notify-keyspace-events': keyspaceEvents }),
    ...(password === undefined ? {} : { requirepass: password }),
  };
}

function settingArgs(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function urlOf(port: number, password: string | undefined): string {
  return `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`;
}

class PrivateRedis extends ServerProcess implements RedisServer {
  readonly url: string;
  readonly password: string | undefined;

  constructor(plan: ServerPlan, url: string, options: RedisOptions) {
    super(plan);
    this.url = url;
    this.password = options.password;
  }

  async flush(): Promise<void> {
    await ask(this.url, (redis) => redis.flushall());
  }
}

/** One question on a connection of its own, which is not opened a second time. */
async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5_000 });
  redis.on('error', () => undefined); // The rejected promise tells.
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
