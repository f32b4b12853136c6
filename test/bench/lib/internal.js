import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * What the public entry does not give: a format by itself. Bundled as the package is, because that is what users run.
 *
 * @param {string} folder where the bundle goes
 */
export async function propertiesFormat(folder) {
  const bundles = path.join(folder, 'bundles');
  mkdirSync(bundles);
  const cwd = fileURLToPath(new URL('../../../', import.meta.url));
  const input = { properties: 'src/formats/properties.ts', slices: 'src/core/slices.ts' };
  const bundle = await rolldown({ cwd, input, platform: 'node', external: [/^node:/] });
  await bundle.write({ dir: bundles, entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' });
  await bundle.close();
  const { properties } = await import(pathToFileURL(path.join(bundles, 'properties.mjs')).href);
  const { runToEnd } = await import(pathToFileURL(path.join(bundles, 'slices.mjs')).href);
  return { properties, runToEnd };
}
