import { createConfig, env, file } from 'calumma';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { keyCount, keyOf } from './data.js';

/** Keys that stand for what an application listens to. */
const followed = 1_000;

/** How much of the file one reload changes. */
export const extents = [
  { name: 'nothing changed', changes: 0 },
  { name: 'one key', changes: 1 },
  { name: '1 % of the keys, scattered', changes: keyCount / 100 },
  { name: 'every key', changes: keyCount },
];

/**
 * A config over a file of 10 MB that another process rewrites.
 *
 * @param {string} folder
 */
export async function openLargeFile(folder) {
  const filePath = path.join(folder, 'large.properties');
  const writer = await startWriter(filePath);
  await writer.prepare(0);
  await writer.put();
  const config = createConfig({ layers: [env(), file(filePath)] });
  const told = listen(config);
  // The watches are set in the background after createConfig has returned.
  const reload = async (changes) => {
    await writer.prepare(changes);
    await writer.put();
    await told.next();
  };
  await reload(1);
  return {
    config,
    prepare: writer.prepare,
    put: writer.put,
    /** Resolves with the time the callback ran, once it has run. */
    next: told.next,
    /** All of it, for at least one change. */
    reload,
    async close() {
      await config.close();
      writer.stop();
    },
  };
}

async function startWriter(filePath) {
  const child = fork(new URL('../writer.js', import.meta.url), [filePath], { execArgv: [] });
  const ask = async (message) => {
    child.send(message);
    const [answer] = await once(child, 'message');
    return answer;
  };
  return {
    prepare: (changes) => ask({ act: 'prepare', changes }),
    put: () => ask({ act: 'put' }),
    stop: () => child.disconnect(),
  };
}

/** A thousand listeners; the first key's tells when a reload has arrived. */
function listen(config) {
  const waiting = [];
  const arrived = [];
  config.getStringProperty(keyOf(0), '').onChange(() => {
    const at = performance.now();
    const take = waiting.shift();
    if (take === undefined) arrived.push(at);
    else take(at);
  });
  for (let at = 1; at < followed; at++) {
    config.getStringProperty(keyOf(Math.floor((at * keyCount) / followed)), '').onChange(() => undefined);
  }
  return {
    next() {
      const at = arrived.shift();
      return at === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(at);
    },
  };
}
