import { setTimeout as sleep } from 'node:timers/promises';
import { TreeCache } from 'calumma/zookeeper';
import { absolute, ms } from '../figure.js';
import { quantile } from '../measure.js';
import { leave, now, open, pathOf, root, untilWhole, useClient } from './ensemble.js';
import { write } from './faults.js';

/** Many clients in this one process, at the same ensemble. */
export async function crowds(servers, quick) {
  return [...(await rereading(servers, quick ? 1 : 3)), ...(await watching(servers, quick ? 10 : 50))];
}

const readers = 30;

/** The leader dies: all followers close all connections, and 30 caches compare 10 MB each. */
async function rereading(servers, rounds) {
  await untilWhole(servers);
  const clients = Array.from({ length: readers }, () => open(servers.url));
  const caches = clients.map((client) => new TreeCache(client, root).start());
  const taken = [];
  try {
    await Promise.all(caches.map((cache) => cache.ready()));
    for (let round = 0; round < rounds; round++) {
      gc();
      taken.push(await afterTheLeader(servers, caches, `round ${round}`));
    }
  } finally {
    await Promise.all(caches.map((cache) => cache.close()));
    await Promise.all(clients.map(leave));
  }
  return [absolute(`${readers} clients have read 10 MB each again after the leader's death, median of ${rounds}`, ms(quantile(taken, 0.5)), 4_000, `least ${Math.round(Math.min(...taken))}, most ${Math.round(Math.max(...taken))}`)];
}

async function afterTheLeader(servers, caches, value) {
  const { leader } = await untilWhole(servers);
  const others = servers.servers.filter((server) => server !== leader).map(({ url }) => url);
  const back = caches.map((cache) => isBack(cache, value));
  const start = now();
  await leader.kill();
  await useClient(others.join(','), (writer) => write(writer, value, pathOf(1)));
  const taken = Math.max(...(await Promise.all(back))) - start;
  await leader.restart();
  return taken;
}

/** Resolves with the time at which it is live again, after it was not, and has what was written meanwhile. */
function isBack(cache, value) {
  return new Promise((resolve) => {
    let wasOut = false;
    const look = () => {
      wasOut ||= cache.state !== 'live';
      if (!wasOut || cache.state !== 'live' || cache.get(pathOf(1)).text !== value) return;
      for (const stop of stops) stop();
      resolve(now());
    };
    const stops = [cache.on('state', look), cache.on('changes', look)];
  });
}

const sessions = 1_000;

/** One node, and a session for each of those who watch it. */
async function watching(servers, changes) {
  const path = '/watched';
  await useClient(servers.url, async (client) => {
    await client.ensurePath(path);
    // A kilobyte, as values are.
    await client.setData(path, 'x'.repeat(1_000));
  });
  const clients = Array.from({ length: sessions }, () => open(servers.url));
  const caches = clients.map((client) => new TreeCache(client, path));
  const start = now();
  const slowest = [];
  try {
    await Promise.all(caches.map((cache) => cache.start().ready()));
    const connected = now() - start;
    await useClient(servers.url, async (writer) => {
      for (let change = 0; change < changes; change++) {
        slowest.push(await untilAllKnow(writer, caches, path, String(change).padEnd(1_000, 'x')));
        await sleep(50);
      }
    });
    return [
      absolute(`${sessions} watching sessions, one change of 1 kB: until the last is told, median of ${changes}`, ms(quantile(slowest, 0.5)), 300),
      absolute(`${sessions} watching sessions, the slowest change`, ms(Math.max(...slowest)), undefined, `least ${Math.min(...slowest).toFixed(1)}; they were there and watching after ${Math.round(connected)} ms`),
    ];
  } finally {
    await Promise.all(caches.map((cache) => cache.close()));
    await Promise.all(clients.map(leave));
  }
}

async function untilAllKnow(writer, caches, path, value) {
  const told = caches.map((cache) => new Promise((resolve) => {
    const stop = cache.on('changes', ({ changes }) => {
      if (!changes.some(({ node }) => node?.text === value)) return;
      stop();
      resolve(now());
    });
  }));
  const start = now();
  await writer.setData(path, value);
  return Math.max(...(await Promise.all(told))) - start;
}
