import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

import { cached, type Config, type ConfigError, type ConfigOptions, createConfig, values } from '../../../src/index.js';
import { until } from '../following.js';
import { Feed } from '../../runtime/rig.js';
import { recalled, scratch } from './rig.js';

interface Run {
  readonly config: Config;
  readonly feed: Feed;
  readonly errors: ConfigError[];
}

/** A run of a program whose one remote layer says what the test says. */
function run(options: Partial<ConfigOptions>): Run {
  const feed = new Feed('store');
  const errors: ConfigError[] = [];
  const layers = [feed, values({ limit: 'default' }, { name: 'defaults' })];
  const config = createConfig({ layers, onError: (error) => errors.push(error), ...options });
  onTestFinished(() => config.close());
  return { config, feed, errors };
}

const stateOf = (config: Config): string | undefined => config.health().layers.find(({ name }) => name === 'store')?.state;

it('a run that cannot reach its store starts from what the last one had, and follows the store once it is there', async () => {
  const cacheDir = join(scratch(), 'cache');
  const first = run({ cacheDir });
  first.feed.full({ limit: '50' }, { version: 'v1' });
  await until(() => first.config.get('limit') === '50');
  await first.config.close();

  const second = run({ cacheDir });
  expect(second.config.get('limit')).toBe('50');
  expect(stateOf(second.config)).toBe('stale');
  expect(second.config.getStringProperty('limit', '').origin).toBe(`cache:${join(cacheDir, 'store.cache')}`);
  second.feed.lose(new Error('unreachable'));
  await second.config.ready();
  expect(second.config.get('limit')).toBe('50');
  second.feed.full({ limit: '60' }, { version: 'v2' });
  await until(() => second.config.get('limit') === '60');
  expect(stateOf(second.config)).toBe('live');
  await second.config.close();
  expect(recalled(join(cacheDir, 'store.cache'))).toMatchObject({ entries: { limit: '60' }, told: [], reading: { version: 'v2' } });
});

it('patches that follow each other closely are on disk when the config is closed, each key with its last value', async () => {
  const cacheDir = scratch();
  const { config, feed } = run({ cacheDir });
  feed.full({ limit: '0', gone: 'soon' });
  await until(() => config.get('limit') === '0');
  for (let index = 1; index <= 200; index++) {
    feed.patch({ limit: String(index), [`key.${index % 7}`]: String(index) }, ['gone']);
    if (index % 10 === 0) await until(() => config.get('limit') === String(index));
  }
  await config.close();
  const { entries, told } = recalled(join(cacheDir, 'store.cache'));
  expect(told).toEqual([]);
  expect(entries).toEqual({ limit: '200', 'key.0': '196', 'key.1': '197', 'key.2': '198', 'key.3': '199', 'key.4': '200', 'key.5': '194', 'key.6': '195' });
});

it('a damaged file is reported, and the one before it used; two damaged ones leave the defaults', async () => {
  const cacheDir = scratch();
  const file = join(cacheDir, 'store.cache');
  for (const limit of ['1', '2']) {
    const { config, feed } = run({ cacheDir });
    feed.full({ limit });
    await until(() => config.get('limit') === limit && stateOf(config) === 'live');
    await config.close();
  }
  truncateSync(file, 20);
  const damaged = run({ cacheDir });
  expect(damaged.config.get('limit')).toBe('1');
  expect(damaged.errors.map(({ code, origin }) => ({ code, origin }))).toEqual([{ code: 'CALUMMA_CACHE', origin: `cache:${file}` }]);
  writeFileSync(`${file}.previous`, '');
  expect(run({ cacheDir }).config.get('limit')).toBe('default');
});

it('a folder that cannot be made costs a report, and nothing else', async () => {
  const cacheDir = join(scratch(), 'file');
  writeFileSync(cacheDir, '');
  const { config, feed, errors } = run({ cacheDir });
  for (const limit of ['1', '2', '3']) {
    feed.full({ limit });
    await until(() => config.get('limit') === limit);
  }
  await config.close();
  expect(stateOf(config)).toBe('live');
  expect(errors.map(({ code }) => code)).toEqual(['CALUMMA_CACHE']);
});

it('what is kept is encrypted when there is a key', async () => {
  const cacheDir = scratch();
  const cache = { encrypt: 'ab'.repeat(32) };
  const { config, feed } = run({ cacheDir, cache });
  feed.full({ limit: 'hunter2' });
  await until(() => config.get('limit') === 'hunter2');
  await config.close();
  expect(readFileSync(join(cacheDir, 'store.cache'), 'latin1')).not.toContain('hunter2');
  expect(run({ cacheDir, cache }).config.get('limit')).toBe('hunter2');
});

it('a source that is cached by itself has its own file, and local layers have none', async () => {
  const folder = scratch();
  const path = join(folder, 'mine');
  const feed = new Feed('store');
  const config = createConfig({ layers: [cached(feed, path), values({ limit: '1' })], cacheDir: join(folder, 'cache') });
  feed.full({ limit: '2' });
  await until(() => config.get('limit') === '2');
  await config.close();
  expect(readdirSync(folder)).toEqual(['mine']);
  expect(recalled(path).entries).toEqual({ limit: '2' });
});
