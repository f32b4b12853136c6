import fc from 'fast-check';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { fileNameOf } from '../../../src/sources/cache/file-name.js';
import { memoryIn } from '../../../src/sources/cache/in-folder.js';
import { thrownBy } from '../following.js';
import { reading, scratch } from './rig.js';

it.each([
  ['postgres', 'postgres.cache'],
  ['eu-west-1.redis_2', 'eu-west-1.redis_2.cache'],
])('the file of the layer %s is %s', (layer, name) => {
  expect(fileNameOf(layer)).toBe(name);
});

it.each([
  ['url:https://config.example/app.yaml?a=1', /^url-https-config\.example-app\.yaml-a-1~[0-9a-f]{12}\.cache$/],
  ['Postgres', /^postgres~[0-9a-f]{12}\.cache$/],
  ['..', /^layer~[0-9a-f]{12}\.cache$/],
  ['../../etc/passwd', /^etc-passwd~[0-9a-f]{12}\.cache$/],
  ['con', /^con~[0-9a-f]{12}\.cache$/],
  ['настройки', /^layer~[0-9a-f]{12}\.cache$/],
  ['a'.repeat(1_000), /^a{64}~[0-9a-f]{12}\.cache$/],
])('the file of the layer %s is named after what can be read of it', (layer, name) => {
  expect(fileNameOf(layer)).toMatch(name);
});

it('two layers never share a file, also where capitals do not count', () => {
  const unit = fc.constantFrom('a', 'A', 'b', '-', '_', '.', '/', ':', '~', '\0', 'é', 'e\u0301', '\ud800', '\ud801', ' ', '%');
  const name = fc.array(unit, { minLength: 1, maxLength: 70 }).map((units) => units.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 20 }), (layers) => {
      const files = layers.map(fileNameOf);
      expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(layers.length);
      for (const file of files) expect(file).toMatch(/^[a-z0-9][a-z0-9._~-]{0,90}\.cache$/);
    }),
  );
});

it('layers of all names are kept side by side in one folder', async () => {
  const folder = join(scratch(), 'cache');
  const layers = ['pg', 'PG', '../pg', 'url:https://host/a', 'url:https://host/A', 'con', '.'];
  for (const layer of layers) {
    const memory = memoryIn(folder, layer);
    memory.keep(reading({ layer }), () => expect.fail('nothing is wrong'));
    await memory.close();
  }
  expect(readdirSync(folder)).toHaveLength(layers.length);
  expect(existsSync(join(folder, 'pg.cache'))).toBe(true);
  for (const layer of layers) expect(memoryIn(folder, layer).recall(() => expect.fail('nothing is wrong'))?.entries.get('layer')).toBe(layer);
});

it.each<[string, () => unknown, string]>([
  ['no folder', () => memoryIn('', 'store'), 'cacheDir: expected a non-empty string, found an empty string'],
  ['a misspelled option', () => memoryIn('folder', 'store', { encypt: 'x' } as object), 'cache(options): expected encrypt, writeEveryMs, found "encypt"'],
])('a memory is refused for %s', (_, act, message) => {
  expect(thrownBy(act)).toEqual({ code: 'CALUMMA_OPTION', message });
});
