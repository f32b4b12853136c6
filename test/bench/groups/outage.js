import { createConfig, url } from 'calumma';
import { mysql } from 'calumma/mysql';
import { postgres } from 'calumma/postgres';
import { redis } from 'calumma/redis';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyOf, plainEntries } from '../lib/data.js';
import { absolute, ms } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { bundled } from '../lib/harness.js';
import { heldMemory, quantile } from '../lib/measure.js';

const silent = { onError: () => undefined };

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  return {
    title: 'outage: every server is dead',
    method: `boots are medians of ${quick ? 3 : 9}, each in four layers of which one has 10 MB on disk; the hour is simulated: real requests to a real port, no real pauses`,
    figures: [...(await boots(quick ? 3 : 9, 'refused')), ...(await boots(quick ? 1 : 3, 'silent')), ...(await hour())],
  };
}

/** Nobody listens there, or somebody who never says a word. */
async function deadServer(kind) {
  const sockets = new Set();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  if (kind === 'refused') close();
  return { port, close: kind === 'refused' ? () => undefined : close };
}

async function boots(rounds, kind) {
  const first = [];
  const ready = [];
  await withFolder(async (cacheDir) => {
    await remember(cacheDir);
    const { port, close } = await deadServer(kind);
    for (let round = 0; round < rounds; round++) {
      gc();
      const start = performance.now();
      const config = createConfig({ layers: layersOn(port), cacheDir, maxBytes: '20MB', ...silent });
      const value = config.get(keyOf(5));
      first.push(performance.now() - start);
      if (value !== valueOf(5)) throw new Error('the first read is not right');
      const asked = performance.now();
      await config.ready();
      ready.push(performance.now() - asked);
      await config.close();
    }
    close();
  });
  return [
    absolute(`connections ${kind}: createConfig until the first right read`, ms(quantile(first, 0.5)), 300),
    absolute(`connections ${kind}: ready(), whose timeout is 3 s`, ms(quantile(ready, 0.5)), 3_100),
  ];
}

const entries = plainEntries(3, 100_000);
const valueOf = (index) => new Map(entries).get(keyOf(index));

function layersOn(port) {
  return [
    url(`http://127.0.0.1:${port}/app.properties`, { name: 'remote' }),
    postgres({ host: '127.0.0.1', port, user: 'nobody', password: 'x', database: 'none' }),
    mysql({ host: '127.0.0.1', port, user: 'nobody', database: 'none' }),
    redis({ host: '127.0.0.1', port, hash: 'config' }),
  ];
}

/** As a run that went well leaves the folder. */
async function remember(cacheDir) {
  const source = {
    name: 'remote',
    async *readings() {
      yield { kind: 'full', entries: new Map(entries) };
      await new Promise(() => undefined);
    },
  };
  const config = await createConfig({ layers: [source], cacheDir, maxBytes: '20MB' }).ready();
  await config.close();
}

/** An hour of pauses, which take no time here, between tries that are real. */
async function hour() {
  const { LiveConfig } = await bundled({ config: 'src/runtime/live-config.ts' });
  const minutes = 60;
  let tries = 0;
  const server = createServer((socket) => {
    tries++;
    socket.on('error', () => undefined).resetAndDestroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let now = Date.now();
  let end = Infinity;
  const over = withResolvers();
  const sleep = async (delay, signal) => {
    now += delay;
    await nextTurn();
    if (now >= end) over.resolve();
    return !signal.aborted;
  };
  const config = new LiveConfig({ layers: [url(`http://127.0.0.1:${server.address().port}/app.properties`)], ...silent }, { now: () => now, sleep });
  while (tries < 1_000) await nextTurn(); // everything is loaded and compiled
  const before = await heldMemory();
  const triesBefore = tries;
  end = now + minutes * 60_000;
  await over.promise;
  await config.close();
  const counted = tries - triesBefore;
  const after = await heldMemory();
  server.close();
  return [
    absolute('one hour of outage: requests a minute to the dead server', { value: counted / minutes, unit: '' }, 60, 'full jitter up to 5 s'),
    absolute('one hour of outage: memory kept', { value: (after.all - before.all) / 1024, unit: 'KB' }, 1_000),
  ];
}

function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve) => (deferred.resolve = resolve));
  return deferred;
}
