import { createConfig } from 'calumma';
import { keyCount, keyOf, plainEntries, random, valueOf } from '../lib/data.js';
import { absolute } from '../lib/figure.js';
import { sixLayers } from '../lib/layers.js';
import { quantile } from '../lib/measure.js';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const patches = quick ? 5_000 : 30_000;
  const { layers, feedOf } = sixLayers(plainEntries());
  const config = createConfig({ layers });
  let told = 0;
  let calls = 0;
  const properties = Array.from({ length: keyCount }, (_, index) => config.getStringProperty(keyOf(index), ''));
  for (const property of properties) {
    property.onChange(() => {
      told = performance.now();
      calls++;
    });
  }
  const next = random(7);
  const taken = [];
  for (let patch = -2_000; patch < patches; patch++) {
    const index = Math.floor(next() * keyCount);
    const [key, value, feed] = [keyOf(index), valueOf(keyOf(index), next), feedOf(index)];
    const start = performance.now();
    feed.set(key, value);
    if (patch >= 0) taken.push((told - start) * 1000);
    if (properties[index].get() !== value) throw new Error(`${key} did not follow`);
  }
  if (calls !== patches + 2_000) throw new Error(`expected ${patches + 2_000} calls, found ${calls}`);
  await config.close();
  const us = (share) => ({ value: quantile(taken, share), unit: 'µs' });
  return {
    title: 'patch: one key among 100,000 in six layers, each with a property and a listener',
    method: `memory().set(key, value) until the callback runs; ${patches.toLocaleString('en')} random keys`,
    figures: [absolute('set → callback, median', us(0.5), 5), absolute('set → callback, p99', us(0.99))],
  };
}
