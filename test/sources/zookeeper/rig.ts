import { afterEach } from 'vitest';

import { zookeeper, type ZooKeeperSourceOptions } from '../../../src/sources/zookeeper/index.js';
import type { Rig } from '../../../src/testing/index.js';
import { ZooKeeperClient } from '../../../src/zookeeper/index.js';
import { isCode } from '../../../src/zookeeper/errors.js';
import { pathProblem } from '../../../src/zookeeper/paths.js';
import { renderProperties } from '../../../src/formats/properties.js';
import { properties } from '../../../src/formats/properties.js';
import { openProxy } from '../../harness/proxy.js';
import type { Zookeeper } from '../../harness/servers/zookeeper.js';

let counter = 0;

export function freshRoot(): string {
  counter += 1;
  return `/config-${process.pid}-${counter}`;
}

/** Creates or sets a node, with the folders above it. */
export async function put(client: ZooKeeperClient, path: string, value: string | Uint8Array): Promise<void> {
  await client.setData(path, value).catch(async (error: unknown) => {
    if (!isCode(error, 'NONODE')) throw error;
    await client.ensurePath(path.slice(0, path.lastIndexOf('/')) || '/');
    await client.create(path, value);
  });
}

/** One way to keep properties, as somebody with a client of their own does it. */
interface Way {
  readonly options: Omit<ZooKeeperSourceOptions, 'root'>;
  put(client: ZooKeeperClient, root: string, entries: ReadonlyMap<string, string>): Promise<void>;
  remove(client: ZooKeeperClient, root: string, key: string): Promise<void>;
  malform(client: ZooKeeperClient, root: string): Promise<void>;
  mend(client: ZooKeeperClient, root: string): Promise<void>;
  canHold?(key: string, value: string): boolean;
  originOf(key: string): RegExp;
}

function nodes(separator: '.' | '/'): Way {
  const pathOf = (root: string, key: string): string => `${root}/${separator === '.' ? key.replaceAll('.', '/') : key}`;
  return {
    options: { separator },
    put: async (client, root, entries) => {
      await client.ensurePath(root);
      // Folders first: what is written at once must be one transaction.
      for (const key of entries.keys()) {
        const path = pathOf(root, key);
        await client.ensurePath(path.slice(0, path.lastIndexOf('/')));
      }
      const operations = await Promise.all([...entries].map(async ([key, data]) => {
        const path = pathOf(root, key);
        return { op: (await client.exists(path)) === undefined ? 'create' : 'set', path, data } as const;
      }));
      await client.multi(operations);
    },
    remove: (client, root, key) => client.delete(pathOf(root, key)),
    malform: (client, root) => put(client, `${root}/bad`, Buffer.from([0xff, 0xfe])),
    mend: (client, root) => client.delete(`${root}/bad`),
    // Names of nodes: no control characters, nothing beyond U+FFFF; with "." between names "a..b" has an empty one.
    canHold: (key) => pathProblem(pathOf('', key)) === undefined && (separator === '/' || !key.includes('/')),
    originOf: (key) => new RegExp(`^zk:/config-[\\d-]+/${key.replaceAll('.', separator === '.' ? '/' : '\\.')}@\\d+$`),
  };
}

const document: Way = {
  options: { layout: 'document' },
  put: async (client, root, entries) => {
    const before = (await client.exists(root)) === undefined ? '' : (await client.getData(root)).data.toString();
    await put(client, root, renderProperties(new Map([...properties.parse(before), ...entries])));
  },
  remove: async (client, root, key) => {
    const entries = new Map(properties.parse((await client.getData(root)).data.toString()));
    entries.delete(key);
    await put(client, root, renderProperties(entries));
  },
  malform: async (client, root) => {
    const { data } = await client.getData(root);
    await put(client, `${root}-good`, data);
    await put(client, root, Buffer.from([0xff, 0xfe]));
  },
  mend: async (client, root) => put(client, root, (await client.getData(`${root}-good`)).data),
  originOf: () => /^zk:\/config-[\d-]+@\d+:\d+$/,
};

export const ways = { 'node-per-key': nodes('.'), 'node-per-key with /': nodes('/'), document } satisfies Readonly<Record<string, Way>>;

export async function openRig(server: Zookeeper, way: Way): Promise<Rig> {
  const client = new ZooKeeperClient({ connect: server.url });
  const proxy = await openProxy(server.port);
  const root = freshRoot();
  let malformed = false;
  const write = async (entries: ReadonlyMap<string, string>): Promise<void> => {
    if (malformed) await way.mend(client, root);
    malformed = false;
    await way.put(client, root, entries);
  };
  return {
    source: zookeeper({ connect: `127.0.0.1:${proxy.port}`, root, sessionTimeout: 1_500, ...way.options }),
    put: (key, value) => write(new Map([[key, value]])),
    remove: (key) => way.remove(client, root, key),
    putAll: write,
    malform: async () => {
      await way.malform(client, root);
      malformed = true;
    },
    breakDown: () => proxy.refuse(),
    repair: () => proxy.heal(),
    canHold: (key, value) => way.canHold?.(key, value) ?? true,
    originOf: (key) => way.originOf(key),
    close: async () => {
      await client.close();
      await proxy.close();
    },
  };
}

/** Clients that end with the test. */
export function useClient(connect: () => string): () => ZooKeeperClient {
  const clients: ZooKeeperClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close({ signal: AbortSignal.timeout(1_000) })));
  });
  return () => {
    const client = new ZooKeeperClient({ connect: connect() });
    clients.push(client);
    return client;
  };
}
