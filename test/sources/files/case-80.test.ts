import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { createConfig, file } from '../../../src/index.js';
import { until } from '../following.js';

// The last of the 80 cases of the tree cache is about files. In full: test/sources/watch and test/sources/files.
test('80: a file that comes late, is renamed over, swapped by a link, deleted and made anew is followed, and a listener that throws disturbs nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-80-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'mount', 'app.properties');
  const errors: string[] = [];
  await using config = createConfig({ layers: [file(path)], onError: ({ code }) => void errors.push(code) });
  const told: (string | undefined)[] = [];
  config.onChange('a', () => {
    throw new Error('of a listener');
  });
  config.onChange('a', ({ after }) => void told.push(after));
  const shows = async (value: string): Promise<void> => until(() => told.at(-1) === value, () => told);

  const version = (name: string, value: string): void => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'app.properties'), `a=${value}\n`);
  };
  const swap = (name: string): void => {
    symlinkSync(name, join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'mount'));
  };
  version('v1', '1');
  swap('v1');
  await shows('1');
  version('v2', '2');
  swap('v2');
  await shows('2');
  writeFileSync(join(folder, 'new'), 'a=3\n');
  renameSync(join(folder, 'new'), path);
  await shows('3');
  rmSync(path);
  writeFileSync(path, 'a=4\n');
  await shows('4');
  const before = told.length;
  for (let round = 0; round < 50; round += 1) {
    version(`s${round}`, String(round + 5));
    swap(`s${round}`);
  }
  await shows('54');
  expect(told.length - before).toBeLessThanOrEqual(50);
  // The same content is no change.
  version('same', '54');
  swap('same');
  version('end', '55');
  swap('end');
  await shows('55');
  expect(told.filter((value) => value === '54')).toHaveLength(1);
  expect(new Set(errors)).toEqual(new Set(['CALUMMA_LISTENER']));
});
