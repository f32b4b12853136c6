import { createConfig, env, file } from 'calumma';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyCount, keyOf, plainEntries, plainText } from '../lib/data.js';
import { absolute, megabytes } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { sixLayers } from '../lib/layers.js';
import { heldMemory } from '../lib/measure.js';

const bound = 60;

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run() {
  // Once for nothing: code, types and shapes stay, and are no memory of a configuration.
  await held(() => sixLayers(plainEntries(1, 1_000)).layers, 1_000);
  const map = await held(() => [], 0, () => new Map(plainEntries()));
  const inMemory = await held(() => sixLayers(plainEntries()).layers, keyCount);
  const alsoRead = await held(() => sixLayers(plainEntries()).layers, keyCount, undefined, (config, names) => names.forEach((name) => config.get(name)));
  const inFiles = await withFolder((folder) => {
    const paths = writeFiles(folder);
    return held(() => [env(), ...paths.map((one) => file(one))], keyCount);
  });
  return {
    title: 'memory: 100,000 keys of 98 bytes in six layers, 100,000 properties, a listener of its own on each',
    method: 'heapUsed after collection minus before; the data of the keys, the handles and the listeners included, the names in the program not; one run, the figure hardly varies. 1 MB = 1,000,000 bytes',
    figures: [
      absolute('env() and five memory() layers', megabytes(inMemory.heapUsed), bound),
      absolute('env() and five file() layers', megabytes(inFiles.heapUsed), bound, `${(inFiles.external / 1e6).toFixed(1)} MB of file content outside the heap`),
      absolute('env() and five memory() layers, each key also read with config.get', megabytes(alsoRead.heapUsed)),
      absolute('for comparison: the same data in one Map', megabytes(map.heapUsed)),
    ],
    facts: ['Measured elsewhere, the same shape on the JVM: Archaius 1 102 MB, Archaius 2 70 MB.'],
  };
}

/** What the layers and all that follows them hold. @param {() => import('calumma').Source[]} makeLayers */
async function held(makeLayers, properties, also = () => undefined, use = () => undefined) {
  // The names that a program asks for stand in its code: they are its own, not ours. Made now, and flat.
  const names = Array.from({ length: properties }, (_, index) => Buffer.from(keyOf(index)).toString());
  const before = await heldMemory();
  const extra = also();
  const config = createConfig({ layers: makeLayers() });
  const handles = follow(config, names);
  use(config, names);
  const after = await heldMemory();
  if (handles.length !== names.length || (properties > 0 && !handles.at(-1).isSet)) throw new Error('not all keys are there');
  await config.close();
  // Read after the measurement, so that nothing is collected before it.
  if (extra?.size === 0) throw new Error('nothing was held');
  return { heapUsed: after.heapUsed - before.heapUsed, external: after.external - before.external };
}

function follow(config, names) {
  const told = new Uint32Array(Math.max(1, names.length));
  return names.map((name, index) => {
    const property = config.getStringProperty(name, '');
    property.onChange(() => told[index]++);
    return property;
  });
}

function writeFiles(folder) {
  const size = keyCount / 5;
  return Array.from({ length: 5 }, (_, at) => {
    const one = path.join(folder, `layer-${at}.properties`);
    writeFileSync(one, plainText(plainEntries().slice(at * size, (at + 1) * size)));
    return one;
  });
}
