import { createConfig, file } from 'calumma';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf, plainEntries, plainText, random } from '../lib/data.js';
import { absolute } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { quantile } from '../lib/measure.js';

const ways = {
  'written in place': (filePath, text) => writeFileSync(filePath, text),
  'renamed over': (filePath, text) => {
    writeFileSync(`${filePath}.next`, text);
    renameSync(`${filePath}.next`, filePath);
  },
};
const patienceMs = 15_000;

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const changes = quick ? 60 : 1_000;
  const figures = [];
  for (const [name, write] of Object.entries(ways)) {
    const { taken, lost } = await withFolder((folder) => follow(path.join(folder, 'small.properties'), write, changes));
    const ms = (share) => ({ value: quantile(taken, share), unit: 'ms' });
    figures.push(
      absolute(`${name}, median`, ms(0.5), 30),
      absolute(`${name}, p99`, ms(0.99), 100),
      absolute(`${name}, longest`, ms(1)),
      absolute(`${name}, changes not told within ${patienceMs / 1000} s`, { value: lost, unit: '' }, 0),
    );
  }
  return {
    title: 'latency: from the write of a small file to the callback',
    method: `${changes.toLocaleString('en')} changes of one of 20 keys, 0 to 15 ms after the one before was told; includes the 20 ms without a write that the observer waits for`,
    figures,
  };
}

async function follow(filePath, write, changes) {
  const entries = plainEntries(9, 20);
  const next = random(10);
  const textWith = (value) => plainText([...entries, [keyOf(20), String(value)]]);
  writeFileSync(filePath, textWith(-1));
  const config = createConfig({ layers: [file(filePath)] });
  const property = config.getIntProperty(keyOf(20), 0);
  await sleep(100); // the watches are being set; a change in that time is found too, but is not what is asked here
  const taken = [];
  let lost = 0;
  for (let change = 0; change < changes; change++) {
    const start = performance.now();
    const told = untilIs(property, change);
    write(filePath, textWith(change));
    const at = await told;
    if (at === undefined) lost++;
    else taken.push(at - start);
    await sleep(next() * 15);
  }
  await config.close();
  return { taken, lost };
}

/** The time at which the listener hears of `value`; `undefined` when it does not. */
function untilIs(property, value) {
  return new Promise((resolve) => {
    const end = property.onChange((now) => (now === value ? finish(performance.now()) : undefined));
    const timer = setTimeout(() => finish(undefined), patienceMs);
    const finish = (at) => {
      clearTimeout(timer);
      end();
      resolve(at);
    };
  });
}
