import type { Stat, ZooKeeperClient } from '../../src/zookeeper/index.js';

export interface ServerNode {
  readonly text: string;
  readonly stat: Stat;
}

/** What the servers have below a root, the root included, read node by node with the plainest requests that there are. */
export async function readServer(client: ZooKeeperClient, root: string): Promise<Map<string, ServerNode>> {
  await client.sync(root);
  const found = new Map<string, ServerNode>();
  const visit = async (path: string): Promise<void> => {
    const { data, stat } = await client.getData(path);
    found.set(path, { text: data.toString(), stat });
    const { children } = await client.getChildren(path);
    for (const name of children.sort()) await visit(`${path}/${name}`);
  };
  await visit(root);
  return found;
}

/** Whether all servers have the same, as they should. */
export function isAlike(servers: readonly ReadonlyMap<string, ServerNode>[]): boolean {
  const texts = servers.map((server) => JSON.stringify([...server].map(([path, { text, stat }]) => [path, text, shown(stat)])));
  return new Set(texts).size === 1;
}

/** The properties that these nodes are: all below the root but folders, as the README has it. */
export function propertiesOf(nodes: ReadonlyMap<string, ServerNode>, root: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const [path, { text, stat }] of nodes) {
    const isFolder = text === '' && stat.cversion > 0;
    if (path !== root && !isFolder) properties.set(path.slice(root.length + 1).replaceAll('/', '.'), text);
  }
  return properties;
}

/** How what somebody holds differs from what there is, in a few words each. */
export function differences(what: string, held: ReadonlyMap<string, string>, real: ReadonlyMap<string, string>): string[] {
  const names = new Set([...held.keys(), ...real.keys()]);
  return [...names].filter((name) => held.get(name) !== real.get(name)).map((name) => `${what}: ${name}: expected ${short(real.get(name))}, found ${short(held.get(name))}`);
}

export function shown({ mzxid, czxid, version, numChildren, cversion }: Stat, withChildren = true): string {
  const own = `mzxid ${mzxid} czxid ${czxid} version ${version}`;
  return withChildren ? `${own} children ${numChildren} cversion ${cversion}` : own;
}

function short(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
