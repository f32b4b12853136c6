import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate } from '../../src/core/interpolate.js';
import { type ChangeSet, type Config, createConfig, type DynamicProperty, env, memory, type MemorySource, type Snapshot, values } from '../../src/index.js';

// `x_y` is also answered by the environment as X_Y once it is there.
const keys = ['a', 'b', 'c.d', 'c.e', 'x.y', '__proto__', ''] as const;
const texts = ['1', '2', '', 'not a number', '${a}', '<${b:none}>', '${c.d}${c.e}', '${x.y}', '$${a}', '${nowhere}'] as const;
const layerNames = ['one', 'two', 'three', 'four'] as const;

type Entries = Map<string, string>;

/** Everything the config should be, by merging from scratch. */
interface Model {
  /** Highest first. */
  layers: { name: string; entries: Entries }[];
  overrides: Entries;
  variables: Record<string, string | undefined>;
  /** What each int property of a key should give. */
  ints: Map<string, number>;
  /** The merged values after the last step. */
  merged: Entries;
  version: number;
  /** The values of all keys, asked for or not. */
  values: unknown[];
  /** Somebody has asked for `x.y`. */
  asked: boolean;
}

interface Real {
  /** Nobody listens to the whole and nobody holds a snapshot: then keys that nobody asks for are not looked at. */
  readonly quiet: boolean;
  readonly config: Config;
  readonly sources: Map<string, MemorySource>;
  readonly ints: Map<string, DynamicProperty<number>>;
  readonly sets: ChangeSet[];
  readonly told: [key: string, now: number, before: number][];
  held: { snapshot: Snapshot; entries: Entries; values: (readonly [key: string, value: string | undefined])[] };
}

function rawOf(model: Model, key: string): string | undefined {
  const layers = [model.overrides, ...model.layers.map((layer) => layer.entries)];
  for (const entries of layers) if (entries.has(key)) return entries.get(key);
  return model.variables[key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')];
}

function valueOf(model: Model, key: string): string | undefined {
  const raw = rawOf(model, key);
  const nothing = (): undefined => undefined;
  return raw === undefined ? undefined : interpolate(key, raw, { lookup: (other) => rawOf(model, other), env: nothing, sys: nothing, context: nothing }).value;
}

function merge(model: Model): Entries {
  const listed = new Set([...model.overrides.keys(), ...model.layers.flatMap((layer) => [...layer.entries.keys()])]);
  for (const [name, value] of Object.entries(model.variables)) if (value !== undefined) listed.add(name);
  return new Map([...listed].map((key) => [key, valueOf(model, key) ?? '']));
}

function intOf(text: string): number | undefined {
  return /^[12]+$/.test(text) ? Number(text) : undefined;
}

/** Moves the model along after a step, and compares it with the config in all that can be seen. */
function settle(model: Model, real: Real): void {
  const before = model.merged;
  const after = merge(model);
  model.merged = after;
  const { config } = real;

  expect(config.keys().sort()).toEqual([...after.keys()].sort());
  expect(new Map(config.entries())).toEqual(after);
  expect(config.layers).toEqual([...model.layers.map((layer) => layer.name), 'env']);
  expect(config.overrides()).toEqual(Object.fromEntries(model.overrides));
  const values = valuesOf(model);
  if (JSON.stringify(values) !== JSON.stringify(model.values)) model.version++;
  model.values = values;
  expect(config.version).toBe(model.version);
  checkInts(real, model);
  if (real.quiet) return;
  checkSnapshots(real, model, [...before.keys(), ...after.keys(), ...keys]);
  checkChanges(real, model);
}

function valuesOf(model: Model): unknown[] {
  return [...keys, 'X_Y'].map((key) => valueOf(model, key) ?? null);
}

/** One change set a version; the `before` of each change is the `after` of the one before. */
function checkChanges({ sets }: Real, model: Model): void {
  expect(sets.length).toBeLessThanOrEqual(1);
  for (const { version, changes } of sets.splice(0)) {
    expect(version).toBe(model.version);
    expect(changes.length).toBeGreaterThan(0);
    for (const { key, before, after } of changes) {
      if (isTold(model, key)) expect([key, before]).toEqual([key, known.get(model)!.get(key)]);
      expect(before).not.toBe(after);
      if (after === undefined) known.get(model)!.delete(key);
      else known.get(model)!.set(key, after);
    }
  }
  for (const key of keys) if (isTold(model, key)) expect([key, known.get(model)!.get(key)]).toEqual([key, valueOf(model, key)]);
}

/** A variable answers more spellings than could be told of: only the one that was asked for is. */
function isTold(model: Model, name: string): boolean {
  return name !== 'x.y' || model.asked;
}

/** What the change sets add up to. */
const known = new WeakMap<Model, Entries>();

function checkInts({ ints, told }: Real, model: Model): void {
  for (const [key, property] of ints) {
    const text = valueOf(model, key);
    const parsed = text === undefined ? -1 : intOf(text);
    const before = model.ints.get(key)!;
    const now = parsed ?? before; // a bad text keeps the last good value
    expect([key, property.get()]).toEqual([key, now]);
    const mine = told.filter((one) => one[0] === key);
    expect(mine).toEqual(now === before ? [] : [[key, now, before]]);
    model.ints.set(key, now);
  }
  told.length = 0;
}

function checkSnapshots({ config, held }: Real, model: Model, asked: readonly string[]): void {
  // Asked of a snapshot: config.get() would make each key one that somebody has asked for, and those are kept differently.
  const now = config.snapshot();
  for (const key of new Set(asked)) expect([key, now.get(key)]).toEqual([key, valueOf(model, key)]);
  expect(new Map(now.entries())).toEqual(model.merged);
  const { snapshot, entries, values: seen } = held;
  expect(new Map(snapshot.entries())).toEqual(entries);
  expect(snapshot.keys().sort()).toEqual([...entries.keys()].sort());
  expect(seen.map(([key]) => [key, snapshot.get(key)])).toEqual(seen);
}

type Act = (model: Model, real: Real) => void | Promise<void>;

/** A step that first says whether it can be taken. */
class Step implements fc.AsyncCommand<Model, Real> {
  readonly #text: string;
  readonly #can: (model: Readonly<Model>) => boolean;
  readonly #act: Act;

  constructor(text: string, act: Act, can: (model: Readonly<Model>) => boolean = () => true) {
    this.#text = text;
    this.#act = act;
    this.#can = can;
  }

  check(model: Readonly<Model>): boolean {
    return this.#can(model);
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.#act(model, real);
    settle(model, real);
  }

  toString(): string {
    return this.#text;
  }
}

const key = fc.constantFrom(...keys);
const text = fc.constantFrom(...texts);
const layer = fc.constantFrom(...layerNames);
const record = fc.array(fc.tuple(key, text), { maxLength: 5 });
const position = fc.oneof(fc.constantFrom('top' as const, 'bottom' as const), layer.map((above) => ({ above })), layer.map((below) => ({ below })));

const has = (name: string) => (model: Readonly<Model>): boolean => model.layers.some((one) => one.name === name);
const entriesOf = (model: Model, name: string): Entries => model.layers.find((one) => one.name === name)!.entries;

const steps = [
  fc.tuple(layer, key, text).map(([name, k, value]) => new Step(`${name}.set(${k}, ${value})`, (model, { sources }) => {
    entriesOf(model, name).set(k, value);
    sources.get(name)!.set(k, value);
  }, has(name))),
  fc.tuple(layer, key).map(([name, k]) => new Step(`${name}.delete(${k})`, (model, { sources }) => {
    entriesOf(model, name).delete(k);
    sources.get(name)!.delete(k);
  }, has(name))),
  fc.tuple(layer, record).map(([name, entries]) => new Step(`${name}.replace(${JSON.stringify(entries)})`, (model, { sources }) => {
    entriesOf(model, name).clear();
    for (const [k, value] of entries) entriesOf(model, name).set(k, value);
    sources.get(name)!.replace(new Map(entries));
  }, has(name))),
  fc.tuple(layer, record, position).map(([name, entries, at]) => new Step(`addLayer(${name}, ${JSON.stringify([at, entries])})`, (model, { config, sources }) => {
    const source = memory(new Map(entries), { name });
    sources.set(name, source);
    const index = at === 'top' ? 0 : at === 'bottom' ? model.layers.length : 'above' in at ? indexOf(model, at.above) : indexOf(model, at.below) + 1;
    model.layers.splice(index, 0, { name, entries: new Map(entries) });
    // the environment stays at the very bottom
    config.addLayer(source, at === 'bottom' ? { above: 'env' } : at);
  }, (model) => !has(name)(model) && (typeof at === 'string' || has('above' in at ? at.above : at.below)(model)))),
  layer.map((name) => new Step(`removeLayer(${name})`, (model, { config, sources }) => {
    model.layers = model.layers.filter((one) => one.name !== name);
    config.removeLayer(name);
    sources.get(name)!.set('a', 'nobody hears this');
  }, has(name))),
  fc.tuple(key, text).map(([k, value]) => new Step(`override(${k}, ${value})`, (model, { config }) => {
    model.overrides.set(k, value);
    config.override(k, value);
  })),
  key.map((k) => new Step(`clearOverride(${k})`, (model, { config }) => {
    model.overrides.delete(k);
    config.clearOverride(k);
  })),
  fc.option(text, { nil: undefined }).map((value) => new Step(`X_Y=${value}`, async (model, { config }) => {
    model.variables.X_Y = value;
    await config.refresh('env');
  })),
  key.map((k) => new Step(`get(${k})`, (model, { config }) => {
    expect(config.get(k)).toBe(valueOf(model, k));
    ask(model, k);
  })),
  key.map((k) => new Step(`getIntProperty(${k})`, (model, real) => follow(model, real, k))),
  fc.constant(new Step('hold a snapshot', (model, real) => {
    if (!real.quiet) hold(model, real);
  })),
];

function indexOf(model: Model, name: string): number {
  return model.layers.findIndex((one) => one.name === name);
}

/** What a snapshot must still say later: of another spelling, if somebody had asked for it by then. */
function seenBy(model: Model): Real['held']['values'] {
  return keys.filter((one) => isTold(model, one)).map((one) => [one, valueOf(model, one)] as const);
}

function hold(model: Model, real: Real): void {
  real.held = { snapshot: real.config.snapshot(), entries: new Map(model.merged), values: seenBy(model) };
}

function ask(model: Model, name: string): void {
  if (name !== 'x.y') return;
  model.asked = true;
  const value = valueOf(model, name);
  if (value === undefined) known.get(model)!.delete(name);
  else known.get(model)!.set(name, value);
}

/** Has the int property of a key from now on. */
function follow(model: Model, { config, ints, told }: Real, name: string): void {
  if (ints.has(name)) return;
  const property = config.getIntProperty(name, -1);
  ask(model, name);
  property.onChange((now, before) => told.push([name, now, before]));
  ints.set(name, property);
  model.ints.set(name, intOf(valueOf(model, name) ?? '') ?? -1);
}

function setup(quiet: boolean): { model: Model; real: Real } {
  const variables: Record<string, string | undefined> = {};
  const config = createConfig({ layers: [values({}, { name: 'two' }), env({ environment: variables })], context: {}, onError: () => undefined });
  const model: Model = { layers: [], overrides: new Map(), variables, ints: new Map(), merged: new Map(), version: 0, values: [...keys, 'X_Y'].map(() => null), asked: false };
  config.removeLayer('two');
  const told: Real['told'] = [];
  const sets: ChangeSet[] = [];
  if (!quiet) config.on('change', (set) => sets.push(set));
  known.set(model, new Map());
  return { model, real: { quiet, config, sources: new Map(), ints: new Map(), sets, told, held: { snapshot: quiet ? createConfig({ layers: [] }).snapshot() : config.snapshot(), entries: new Map(), values: seenBy(model) } } };
}

describe('a config', () => {
  it('is what merging everything from scratch gives, after any steps', { timeout: 120_000 }, async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.commands(steps, { maxCommands: 60, size: '+1' }), async (quiet, commands) => {
        const { model, real } = setup(quiet);
        await fc.asyncModelRun(() => ({ model, real }), commands);
        taken += [...commands].length;
        await real.config.close();
      }),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(2_000);
  });
});
