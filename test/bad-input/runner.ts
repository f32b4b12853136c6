import { inspect } from 'node:util';

import { expect } from 'vitest';

import { type Config, ConfigError, createConfig, type DynamicProperty, memory, type Snapshot, values } from '../../src/index.js';
import { until } from '../sources/following.js';
import { openLab } from './lab.js';
import { type Row, secret, type Stage } from './row.js';

/** A config with a bad layer in the middle of good ones, and everything that is heard of it. */
interface Scene {
  readonly config: Config;
  readonly properties: readonly DynamicProperty<unknown>[];
  /** What was reported, in order. */
  readonly errors: ConfigError[];
  /** Who was told of a change. */
  readonly told: string[];
  readonly held: Snapshot;
}

/** What must not move. */
interface Moment {
  readonly version: number;
  readonly entries: [string, string][];
  readonly values: unknown[];
  readonly layers: readonly { name: string; bytes: number; keys: number }[];
}

/** Hands a bad input to a config that is well, and asserts all that is promised of bad inputs. */
export async function runRow(row: Row): Promise<void> {
  const lab = openLab();
  try {
    const stage = await row.stage(lab);
    const scene = await open(stage);
    lab.finally(() => scene.config.close());
    await run(row, stage, scene);
  } finally {
    await lab.close();
  }
}

async function open(stage: Stage): Promise<Scene> {
  const errors: ConfigError[] = [];
  const above = memory({ 'bystander.above': '1' }, { name: 'above' });
  const below = values({ 'bystander.below': '2', subject: 'from below' }, { name: 'below' });
  const config = createConfig({
    context: {},
    ...stage.options,
    onError(error) {
      errors.push(error);
      return stage.options?.onError?.(error);
    },
    layers: [above, ...stage.layers, below],
  });
  await config.ready();
  const told: string[] = [];
  const properties = (stage.properties ?? ((one) => [one.getStringProperty('subject', 'default')]))(config);
  for (const property of properties) property.onChange(() => told.push(property.name));
  config.getIntProperty('bystander.above', 0).onChange(() => told.push('bystander'));
  config.onChange('bystander.*', () => told.push('bystander'));
  config.on('change', () => told.push('change'));
  const held = config.snapshot();
  expect(errors.map(String), 'all is well before').toEqual([]);
  expect(config.health().layers.map(({ state }) => state)).not.toContain('failed');
  return { config, properties, errors, told, held };
}

async function run(row: Row, stage: Stage, scene: Scene): Promise<void> {
  const { config, errors } = scene;
  const before = momentOf(scene);
  const heldBefore = scene.held.entries().sort();
  const thrown = await thrownBy(() => stage.harm(config));
  if (thrown === undefined) await until(() => errors.length >= reportsOf(stage, thrown), () => config.health());
  const error = thrown ?? errors[0];
  expectSaid(row, error);
  expectKept(row, stage, scene, before);
  expect(scene.held.entries().sort(), 'the held snapshot').toEqual(heldBefore);
  expectNoSecret(error, config);
  await expectSaidOnce(stage, scene, thrown);
  await expectHealed(stage, scene);
  expect(errors.map(String), 'reported once').toHaveLength(reportsOf(stage, thrown));
  expect(scene.held.entries().sort(), 'the held snapshot, afterwards').toEqual(heldBefore);
}

function reportsOf({ reports = 1 }: Stage, thrown: unknown): number {
  return thrown === undefined ? reports : 0;
}

async function thrownBy(harm: () => unknown): Promise<unknown> {
  try {
    await harm();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectSaid(row: Row, error: unknown): void {
  expect(error, inspect(error)).toBeInstanceOf(ConfigError);
  const { code, message, origin } = error as ConfigError;
  expect(code, message).toBe(row.code);
  for (const part of row.says) expect(message).toContain(part);
  if (row.origin !== undefined) expect(origin).toContain(row.origin);
  const { line, column } = row;
  const place = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  expect('issues' in (error as object) ? (error as { issues: unknown[] }).issues[0] : error).toMatchObject(place);
}

function expectKept(row: Row, stage: Stage, scene: Scene, before: Moment): void {
  const { config, told } = scene;
  const { moves = 'nothing' } = row;
  expect(told.filter((who) => who === 'bystander'), 'bystanders are not told').toEqual([]);
  expect(config.get('bystander.above')).toBe('1');
  expect(config.get('bystander.below')).toBe('2');
  expectStates(stage, config);
  if (moves === 'others') return;
  const known = new Set(before.layers.map(({ name }) => name));
  const now = momentOf(scene);
  const after = { ...now, layers: now.layers.filter(({ name }) => known.has(name)) };
  expect(after.values, 'the last good values').toEqual(before.values);
  if (moves === 'nothing') expect(after).toEqual(before);
  expect(told.filter((who) => moves === 'nothing' || who !== 'change'), 'nobody is told').toEqual([]);
}

function expectStates({ turns, state = 'stale' }: Stage, config: Config): void {
  const { layers } = config.health();
  for (const layer of layers) {
    if (layer.name === turns) expect(layer).toMatchObject(state === 'loading' ? { state } : { state, lastError: expect.any(ConfigError) as unknown });
    else expect(layer, `the layer ${layer.name}`).toMatchObject({ state: 'live' });
  }
  if (turns !== undefined) expect(layers.map(({ name }) => name)).toContain(turns);
}

function momentOf({ config, properties }: Scene): Moment {
  return {
    version: config.version,
    entries: config.entries().sort(),
    values: properties.map((property) => property.get()),
    layers: config.health().layers.map(({ name, bytes, keys }) => ({ name, bytes, keys })),
  };
}

/** Nowhere that a log, a page or a debugger looks. */
function expectNoSecret(error: unknown, config: Config): void {
  const seen: string[] = [inspect(config.health(), { depth: 8 }), JSON.stringify(config.health())];
  for (let one = error; one !== undefined; one = one instanceof Error ? one.cause : undefined) {
    seen.push(inspect(one, { depth: 8, showHidden: true }), JSON.stringify({ one }));
    if (one instanceof Error) seen.push(one.message, one.stack ?? '', String(one));
  }
  for (const text of seen) expect(text).not.toContain(secret);
}

/** Met again and again, the same bad input is no news. */
async function expectSaidOnce(stage: Stage, { config, errors }: Scene, thrown: unknown): Promise<void> {
  const { again = (one: Config) => one.refresh() } = stage;
  for (let time = 0; time < 2; time++) await thrownBy(() => again(config));
  expect(errors.map(String), 'reported once').toHaveLength(reportsOf(stage, thrown));
}

async function expectHealed(stage: Stage, scene: Scene): Promise<void> {
  const { config, told } = scene;
  told.length = 0;
  await stage.heal(config);
  await until(() => config.get('subject') === 'healed', () => [config.get('subject'), config.health()]);
  await until(() => config.health().layers.every(({ state }) => state === 'live'), () => config.health());
  if (scene.properties.some(({ name }) => name === 'subject')) expect(told).toContain('subject');
}
