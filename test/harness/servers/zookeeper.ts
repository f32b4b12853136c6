import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { openFolder, type ServerFolder } from './folder.js';
import { freePort } from './port.js';
import { requireProgram } from './programs.js';
import { ServerProcess, type Server, type ServerPlan } from './server.js';

export type ZookeeperMode = 'standalone' | 'leader' | 'follower';

/** One ZooKeeper process. `restart()` resolves when it has a mode: in an ensemble once a majority is there. */
export interface ZookeeperServer extends Server {
  /** Asks a four letter word, such as `srvr`, `wchp`, `cons`. */
  ask(word: string): Promise<string>;
  /** Undefined while it has none: dead, paused, or without a majority. */
  mode(): Promise<ZookeeperMode | undefined>;
}

/** One server or three. Host and port are the first server's; what is done to it is done to all of them. */
export interface Zookeeper extends Server {
  readonly servers: readonly ZookeeperServer[];
  /** The connection string: `127.0.0.1:20000,127.0.0.1:20001`. */
  readonly url: string;
  /** The server that leads (a single one does). Waits for an election to end. */
  leader(): Promise<ZookeeperServer>;
  /** Those that follow now. */
  followers(): Promise<ZookeeperServer[]>;
}

export interface ZookeeperOptions {
  readonly servers?: 1 | 3;
  /** Lines of the configuration, such as `{ maxSessionTimeout: '5000' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const settings = {
  tickTime: '500',
  minSessionTimeout: '1000',
  initLimit: '10',
  syncLimit: '4',
  clientPortAddress: '127.0.0.1',
  'admin.enableServer': 'false',
  '4lw.commands.whitelist': '*',
  maxClientCnxns: '0',
  // What is written outlives a killed server, because the system keeps it.
  forceSync: 'no',
  // Else every log is 64 MB from its first byte on.
  preAllocSize: '1024',
};

const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Dzookeeper.jmx.log4j.disable=true'];

// The jar names what it depends on, but for a log: without one nothing says why it does not start.
const classPath = ['/usr/share/java/zookeeper.jar', '/usr/share/java/slf4j-simple.jar'].join(':');

/** Starts one ZooKeeper or an ensemble of three. */
export async function startZookeeper(options: ZookeeperOptions = {}): Promise<Zookeeper> {
  const { servers: count = 1 } = options;
  const members = await Promise.all(Array.from({ length: count }, (_, index) => newMember(index + 1)));
  const ensemble = count === 1 ? {} : Object.fromEntries(members.map(serverLine));
  await Promise.all(members.map((member) => configure(member, { ...settings, ...ensemble, ...options.settings })));
  const all = new Ensemble(members.map((member) => new Member(planFor(member))));
  await all.restart();
  return all;
}

interface MemberPlan {
  readonly id: number;
  readonly folder: ServerFolder;
  readonly port: number;
  readonly quorumPort: number;
  readonly electionPort: number;
}

async function newMember(id: number): Promise<MemberPlan> {
  const folder = await openFolder('zookeeper');
  return { id, folder, port: await freePort(), quorumPort: await freePort(), electionPort: await freePort() };
}

function serverLine({ id, quorumPort, electionPort }: MemberPlan): [string, string] {
  return [`server.${id}`, `127.0.0.1:${quorumPort}:${electionPort}`];
}

async function configure({ id, folder, port }: MemberPlan, lines: Record<string, string>): Promise<void> {
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'myid'), String(id));
  const all = Object.entries({ ...lines, dataDir, clientPort: String(port) });
  await writeFile(join(folder.path, 'zoo.cfg'), all.map(([name, value]) => `${name}=${value}\n`).join(''));
}

function planFor({ folder, port }: MemberPlan): ServerPlan {
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const args = [...jvm, '-cp', classPath, main, join(folder.path, 'zoo.cfg')];
  return { folder, port, file: requireProgram('java'), args, answers: () => requireMode(port) };
}

async function requireMode(port: number): Promise<ZookeeperMode> {
  // Asked too early, a starting server never answers: it must be asked again.
  const answer = await askWord(port, 'srvr', 300);
  const mode = /^Mode: (\w+)$/m.exec(answer)?.[1];
  if (mode === undefined) throw new Error(`expected a mode, found ${answer}`);
  return mode as ZookeeperMode;
}

/** Four letters on a connection of their own, which the server closes after its answer. */
async function askWord(port: number, word: string, patienceMs = 5_000): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8').setTimeout(patienceMs);
  socket.on('timeout', () => socket.destroy(new Error(`${word}: expected an answer in ${patienceMs} ms, found none`)));
  socket.write(word);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

class Member extends ServerProcess implements ZookeeperServer {
  readonly url: string;

  constructor(plan: ServerPlan) {
    super(plan);
    this.url = `127.0.0.1:${plan.port}`;
  }

  ask(word: string): Promise<string> {
    return askWord(this.port, word);
  }

  async mode(): Promise<ZookeeperMode | undefined> {
    return requireMode(this.port).catch(() => undefined);
  }
}

class Ensemble implements Zookeeper {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly servers: readonly ZookeeperServer[];

  constructor(servers: readonly ZookeeperServer[]) {
    this.servers = servers;
    this.host = servers[0]!.host;
    this.port = servers[0]!.port;
    this.url = servers.map(({ url }) => url).join(',');
  }

  async leader(): Promise<ZookeeperServer> {
    for (;;) {
      const [leader] = [...await this.#those('standalone'), ...await this.#those('leader')];
      if (leader !== undefined) return leader;
      await sleep(10);
    }
  }

  followers(): Promise<ZookeeperServer[]> {
    return this.#those('follower');
  }

  async #those(mode: ZookeeperMode): Promise<ZookeeperServer[]> {
    const modes = await Promise.all(this.servers.map((server) => server.mode()));
    return this.servers.filter((_, index) => modes[index] === mode);
  }

  async kill(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  async restart(): Promise<void> {
    // All are down before the first starts, so that no majority of old ones is taken for an answer.
    await this.kill();
    await Promise.all(this.servers.map((server) => server.restart()));
  }

  pause(): void {
    for (const server of this.servers) server.pause();
  }

  resume(): void {
    for (const server of this.servers) server.resume();
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
