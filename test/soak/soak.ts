import { ZooKeeperClient } from '../../src/zookeeper/index.js';
import { startZookeeper, type Zookeeper } from '../harness/servers/zookeeper.js';
import { Faults } from './faults.js';
import { growth, Inventories, onServers, type Inventory } from './leaks.js';
import { Lag } from './lag.js';
import { ConfigObserver, TreeObserver, type Observer } from './observers.js';
import { comesTrue, Random } from './random.js';
import { isAlike, readServer, type ServerNode } from './server-tree.js';
import { Visitors } from './visitors.js';
import { Writer } from './writer.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

const root = '/soak';
const roundMs = 20_000;
const patienceMs = 60_000;
const catchUpMs = 10_000;
/** Compares of its own accord never while this runs: what it has, it was told. */
const never = 24 * 3_600_000;

/**
 * Rounds of 20 s in which servers die and hang under a writer, readers, and visitors who come and go. After each round all must
 * agree: what readers made of what they were told, what they hold, and what the servers have; and nothing may have been left behind.
 *
 * @returns what was wrong
 */
export async function soak({ minutes, seed, say }: SoakOptions): Promise<string[]> {
  const inventories = new Inventories();
  const warnings: string[] = [];
  process.on('warning', ({ name, message }) => void warnings.push(`warning: ${name}: ${message}`));
  const zookeeper = await startZookeeper({ servers: 3 });
  const before = inventories.take();
  const scene = await open(zookeeper, seed);
  const until = performance.now() + minutes * 60_000;
  const samples: Inventory[] = [];
  const problems: string[] = [];
  for (let round = 1; performance.now() < until && problems.length === 0; round += 1) {
    await strike(scene, Math.round(Math.min(roundMs, Math.max(until - performance.now(), 5_000))));
    const { wrong, agreedAfterMs } = await agree(scene, zookeeper);
    samples.push(inventories.take());
    problems.push(...wrong, ...warnings);
    say(`round ${round}: ${tell(scene)}, agreed after ${(agreedAfterMs / 1_000).toFixed(1)} s; ${shown(samples.at(-1) ?? before)}`);
  }
  problems.push(...growth(samples));
  await close(scene);
  problems.push(...(await leftBehind(zookeeper, inventories, before)));
  await zookeeper.stop();
  say(`${problems.length === 0 ? 'all agree' : 'FAILED'}: ${tell(scene)}; ${shown(inventories.take())} at the end`);
  return problems;
}

interface Scene {
  readonly writer: Writer;
  readonly faults: Faults;
  readonly visitors: Visitors;
  readonly observers: readonly Observer[];
  readonly lag: Lag;
  /** One for each server: after enough kills the servers of 3.8 do not agree among themselves. */
  readonly judges: readonly ZooKeeperClient[];
  /** Rounds after which they did not. */
  split: number;
}

async function open(zookeeper: Zookeeper, seed: number): Promise<Scene> {
  const random = new Random(seed);
  const connect = zookeeper.url;
  const judges = zookeeper.servers.map(({ url }) => new ZooKeeperClient({ connect: url, sessionTimeoutMs: 4_000 }));
  await judges[0]?.ensurePath(root);
  const observers = [
    new TreeObserver('tree', root, { connect }, {}),
    new TreeObserver('tree that never compares', root, { connect }, { reconcileMs: never }),
    new TreeObserver('tree of a client that fails at once', root, { connect, whileSuspended: 'fail' }, { reconcileMs: 5_000 }),
    new ConfigObserver('config', root, connect, '60s'),
    new ConfigObserver('config that never compares', root, connect, '1d'),
  ];
  const lag = new Lag(observers);
  return {
    writer: new Writer(connect, root, random, (write) => lag.written(write)),
    faults: new Faults(zookeeper, random),
    visitors: new Visitors(connect, root, random),
    observers,
    lag,
    judges,
    split: 0,
  };
}

async function strike({ writer, faults, visitors }: Scene, forMs: number): Promise<void> {
  const signal = AbortSignal.timeout(forMs);
  await Promise.all([faults.run(signal), writer.run(signal), visitors.run(signal)]);
}

async function agree(scene: Scene, zookeeper: Zookeeper): Promise<{ readonly wrong: string[]; readonly agreedAfterMs: number }> {
  const { writer, observers, judges } = scene;
  const from = performance.now();
  const last = { found: [] as string[], isSplit: false };
  const agreed = await comesTrue(async () => {
    const servers = await readAll(judges).catch((error: unknown) => String(error));
    last.found = disagreements(observers, servers);
    last.isSplit = typeof servers !== 'string' && !isAlike(servers);
    if (last.found.length > 0 || typeof servers === 'string') return false;
    // What one has heard of already the others hear of in a moment.
    return !last.isSplit || performance.now() - from > catchUpMs;
  }, patienceMs);
  const agreedAfterMs = performance.now() - from;
  scene.lag.settle();
  if (last.isSplit) scene.split += 1;
  const wrong = [...writer.problems, ...observers.flatMap(({ problems }) => problems)];
  if (!agreed) wrong.push(`servers: ${last.isSplit ? 'disagree among themselves' : 'agree among themselves'}`, ...last.found.slice(0, 20));
  // Of the clients whose goodbye nobody heard the sessions must end first.
  const clients = observers.length + judges.length + 2;
  let there = await onServers(zookeeper);
  const isTidy = await comesTrue(async () => {
    there = await onServers(zookeeper);
    return there.sessions === clients && there.watches === observers.length;
  }, patienceMs);
  if (!isTidy) wrong.push(`servers: expected ${clients} sessions and ${observers.length} watches, found ${there.sessions} and ${there.watches}`);
  return { wrong, agreedAfterMs };
}

function readAll(judges: readonly ZooKeeperClient[]): Promise<ReadonlyMap<string, ServerNode>[]> {
  return Promise.all(judges.map((judge) => readServer(judge, root)));
}

/** @param servers what they have; or why it could not be read: a node went meanwhile, that of a session that has expired */
function disagreements(observers: readonly Observer[], servers: readonly ReadonlyMap<string, ServerNode>[] | string): string[] {
  const away = observers.filter((observer) => !observer.isLive()).map(({ name }) => `${name}: not live`);
  if (typeof servers === 'string') return [...away, `judges: ${servers}`];
  return [...away, ...observers.flatMap((observer) => leastDifferences(observer, servers))];
}

/** It must have what one of the servers has: that is the one that it is connected to. */
function leastDifferences(observer: Observer, servers: readonly ReadonlyMap<string, ServerNode>[]): string[] {
  // Where servers differ, one that is told to create what it has counts a change of the parent's children, and tells nobody.
  const inTheirChildren = isAlike(servers);
  const [least = []] = servers.map((server) => observer.differences(server, inTheirChildren)).sort((one, other) => one.length - other.length);
  return least;
}

async function close({ observers, writer, visitors, judges, lag }: Scene): Promise<void> {
  lag.close();
  await Promise.all([...observers.map((observer) => observer.close()), writer.client.close(), visitors.close(), ...judges.map((judge) => judge.close())]);
}

/** What is still there when everybody has gone. */
async function leftBehind(zookeeper: Zookeeper, inventories: Inventories, before: Inventory): Promise<string[]> {
  let there = await onServers(zookeeper);
  await comesTrue(async () => {
    there = await onServers(zookeeper);
    return there.sessions === 0 && there.watches === 0;
  }, patienceMs);
  let now = inventories.take();
  await comesTrue(() => {
    now = inventories.take();
    return now.sockets <= before.sockets && now.timers <= before.timers;
  }, patienceMs);
  return [
    ...(there.sessions > 0 || there.watches > 0 ? [`servers: ${there.sessions} sessions and ${there.watches} watches are left behind`] : []),
    ...(now.sockets > before.sockets ? [`sockets: ${before.sockets} at first, ${now.sockets} at the end`] : []),
    ...(now.timers > before.timers ? [`timers: ${before.timers} at first, ${now.timers} at the end`] : []),
  ];
}

function tell({ writer, faults, visitors, observers, lag, split }: Scene): string {
  const reconnects = observers.reduce((sum, observer) => sum + observer.reconnects, 0);
  return [
    `${writer.writes} writes (${writer.refused} refused, ${writer.lost} lost)`,
    `${faults.kills} kills and ${faults.pauses} stops`,
    `${reconnects} reconnects of ${observers.length} observers`,
    `${visitors.count} visitors`,
    `out of touch for ${(lag.largestMs / 1_000).toFixed(1)} s at most`,
    ...(split > 0 ? [`servers that disagree among themselves after ${split} rounds`] : []),
  ].join(', ');
}

function shown({ heapBytes, sockets, timers }: Inventory): string {
  return `${(heapBytes / 1_000_000).toFixed(1)} MB, ${sockets} sockets, ${timers} timers`;
}
