import { afterEach } from 'vitest';

import { systemClock } from '../../src/zookeeper/timing.js';
import { ZooKeeperClient, type StateChange, type WatchEvent, type ZooKeeperOptions } from '../../src/zookeeper/index.js';

/** Clients that end with the test. */
export function useClients(): (connect: string, options?: Omit<ZooKeeperOptions, 'connect'>) => ZooKeeperClient {
  const clients: ZooKeeperClient[] = [];
  afterEach(async () => {
    // A server that is down or hangs is not waited for.
    await Promise.all(clients.splice(0).map((client) => client.close({ signal: AbortSignal.timeout(1_000) })));
  });
  return (connect, options = {}) => {
    const client = new ZooKeeperClient({ connect, ...options });
    clients.push(client);
    return client;
  };
}

let counter = 0;

/** A node of its own for a test, in the words of its name. */
export async function freshNode(client: ZooKeeperClient, data = ''): Promise<string> {
  counter += 1;
  const path = `/test-${process.pid}-${counter}`;
  await client.create(path, data);
  return path;
}

export interface Heard<T> {
  readonly all: T[];
  readonly listener: (value: T) => void;
}

export function listening<T>(): Heard<T> {
  const all: T[] = [];
  return { all, listener: (value) => void all.push(value) };
}

export const shown = (events: readonly WatchEvent[]): string[] => events.map(({ type, path }) => `${type} ${path}`);

export function statesOf(client: ZooKeeperClient): StateChange[] {
  const states: StateChange[] = [];
  client.on('state', (change) => void states.push(change));
  return states;
}

export const textOf = async (client: ZooKeeperClient, path: string): Promise<string> => (await client.getData(path)).data.toString();

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'OK';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** What a call throws or rejects with. */
export async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Options for the Java of the servers that this test file starts: for what cannot be said in `zoo.cfg`. */
export function jvmOptions(...options: readonly string[]): void {
  // Java reads this variable by itself; each test file runs in a process of its own.
  process.env.JDK_JAVA_OPTIONS = options.join(' ');
}

/** Reconnects as soon as it may, and takes the pause of 100 ms before it for one of 1 ms. */
export const hasty = {
  random: () => 0,
  clock: { now: () => systemClock.now(), after: (ms: number, run: () => void) => systemClock.after(ms === 100 ? 1 : ms, run) },
} satisfies Partial<ZooKeeperOptions>;
