import type { Requirement } from './harness/servers/available.js';

/** Where the examples in docstrings need a server of their own, and which. */
const places: Readonly<Record<string, Requirement>> = {
  'src/sources/postgres/': 'postgres',
  'src/sources/mysql/': 'mariadb',
  'src/sources/redis/': 'redis',
  'src/zookeeper/': 'zookeeper',
  'src/sources/zookeeper/': 'zookeeper',
};

/** The server that the example at `src/…:12` needs. */
export function onServers(name: string): Requirement | undefined {
  return Object.entries(places).find(([folder]) => name.startsWith(folder))?.[1];
}

/** Whether an example of the README needs a ZooKeeper. */
export function needsServer(code: string): boolean {
  return code.includes("from 'calumma/zookeeper'");
}
