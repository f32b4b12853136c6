import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { openFolder, type ServerFolder } from './folder.js';
import { freePort } from './port.js';
import { requireProgram } from './programs.js';
import { ServerProcess, type Server, type ServerPlan } from './server.js';

export interface Tls {
  readonly port: number;
  readonly certificate: string;
}

export type ZookeeperMode = 'standalone' | 'leader' | 'follower';

/** One ZooKeeper process. `restart()` resolves when it has a mode: in an ensemble once a majority is there. */
export interface ZookeeperServer extends Server {
  /** The port for TLS, and the certificate to trust there (PEM, for `127.0.0.1`). Only with `tls`. */
  readonly tls: Tls | undefined;
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
  /** Opens a second port to each server, for TLS. It costs a second. Default false. */
  readonly tls?: boolean;
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

// Debian's jar names what it depends on, but for a log, without which nothing says why it does not start, and for two parts
// of Netty, which serves TLS.
const jars = ['zookeeper', 'slf4j-simple', 'netty-codec', 'netty-resolver'];
const classPath = jars.map((jar) => `/usr/share/java/${jar}.jar`).join(':');

/** Starts one ZooKeeper or an ensemble of three. */
export async function startZookeeper(options: ZookeeperOptions = {}): Promise<Zookeeper> {
  const { servers: count = 1, tls = false } = options;
  const members = await Promise.all(Array.from({ length: count }, (_, index) => newMember(index + 1, tls)));
  const ensemble = count === 1 ? {} : Object.fromEntries(members.map(serverLine));
  await Promise.all(members.map((member) => configure(member, { ...settings, ...ensemble, ...options.settings })));
  const all = new Ensemble(members.map((member) => new Member(planFor(member), member.tls)));
  await all.restart();
  return all;
}

interface MemberPlan {
  readonly id: number;
  readonly folder: ServerFolder;
  readonly port: number;
  readonly quorumPort: number;
  readonly electionPort: number;
  readonly tls: Tls | undefined;
}

async function newMember(id: number, tls: boolean): Promise<MemberPlan> {
  const folder = await openFolder('zookeeper');
  const ports = { port: await freePort(), quorumPort: await freePort(), electionPort: await freePort() };
  return { id, folder, ...ports, tls: tls ? { port: await freePort(), certificate: await makeKey(folder) } : undefined };
}

const keyStore = { file: 'key.p12', password: 'of no importance' };

/** A key and a certificate of its own making. Returns the certificate. */
async function makeKey({ path, run }: ServerFolder): Promise<string> {
  const store = ['-keystore', keyStore.file, '-storetype', 'PKCS12', '-storepass', keyStore.password, '-alias', 'server'];
  const names = ['-dname', 'CN=calumma-test', '-ext', 'san=ip:127.0.0.1'];
  await run(requireProgram('keytool'), ['-genkeypair', ...store, '-keyalg', 'EC', '-groupname', 'secp256r1', ...names]);
  await run(requireProgram('keytool'), ['-exportcert', ...store, '-rfc', '-file', 'certificate.pem']);
  return readFile(join(path, 'certificate.pem'), 'utf8');
}

function tlsLines({ folder, tls }: MemberPlan): Record<string, string> {
  if (tls === undefined) return {};
  return {
    serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
    secureClientPort: String(tls.port),
    secureClientPortAddress: '127.0.0.1',
    'ssl.keyStore.location': join(folder.path, keyStore.file),
    'ssl.keyStore.password': keyStore.password,
    'ssl.clientAuth': 'none',
  };
}

function serverLine({ id, quorumPort, electionPort }: MemberPlan): [string, string] {
  return [`server.${id}`, `127.0.0.1:${quorumPort}:${electionPort}`];
}

async function configure(member: MemberPlan, lines: Record<string, string>): Promise<void> {
  const { id, folder, port } = member;
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'myid'), String(id));
  const all = Object.entries({ ...tlsLines(member), ...lines, dataDir, clientPort: String(port) });
  await writeFile(join(folder.path, 'zoo.cfg'), all.map(([name, value]) => `${name}=${value}\n`).join(''));
}

function planFor({ folder, port, tls }: MemberPlan): ServerPlan {
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const args = [...jvm, '-cp', classPath, main, join(folder.path, 'zoo.cfg')];
  return { folder, port, file: requireProgram('java'), args, answers: () => requireAnswers(port, tls) };
}

async function requireAnswers(port: number, tls: Tls | undefined): Promise<void> {
  await requireMode(port);
  if (tls === undefined) return;
  // It is opened after the other one, which may have answered already.
  const socket = connect(tls.port, '127.0.0.1');
  await once(socket, 'connect').finally(() => socket.destroy());
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
  readonly tls: Tls | undefined;

  constructor(plan: ServerPlan, tls: Tls | undefined) {
    super(plan);
    this.tls = tls;
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
