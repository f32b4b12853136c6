import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, type Reading } from '../../src/index.js';
import { runToEnd } from '../../src/core/slices.js';
import { bytesAfter, Layer } from '../../src/runtime/layer.js';
import { needsSlices, workInSlices, workOf } from '../../src/runtime/work.js';
import { Feed, rig, until } from './rig.js';

function layerWith(entries: ReadonlyMap<string, string>, deletes: 'apply' | 'ignore' = 'apply'): Layer {
  const layer = new Layer({ name: 'feed', source: new Feed(), deletes }, 0);
  const reading: Reading = { kind: 'full', entries };
  const delta = layer.deltaOf(reading);
  layer.commit(reading, delta, bytesAfter(layer, delta), 0);
  return layer;
}

const value = fc.constantFrom('', '1', '2', 'ä', '${k1}');
/** Enough keys for several slices. */
const entries = fc.tuple(fc.array(value, { minLength: 5, maxLength: 20 }), fc.integer({ min: 0, max: 1_600 }), fc.integer({ min: 0, max: 300 }))
  .map(([values, size, from]) => new Map(Array.from({ length: size }, (_, index) => [`k${from + index}`, values[index % values.length]!])));

const readings = fc.oneof(
  entries.map((some): Reading => ({ kind: 'full', entries: some })),
  fc.tuple(entries, entries).map(([set, gone]): Reading => ({ kind: 'patch', set, remove: new Set(gone.keys()) })),
);

describe('a reading that is worked out in slices', () => {
  it('comes to the same as all at once', () => {
    fc.assert(fc.property(entries, readings, fc.constantFrom('apply' as const, 'ignore' as const), (before, reading, deletes) => {
      const layer = layerWith(before, deletes);
      const whole = workOf(layer, reading);
      const sliced = runToEnd(workInSlices(layer, reading));
      expect(new Map([...sliced.delta].sort())).toEqual(new Map([...whole.delta].sort()));
      expect(sliced.bytes).toBe(bytesAfter(layer, whole.delta));
      const notable = [...whole.delta].filter(([, text]) => text?.includes('${') ?? true).map(([key]) => key);
      expect([...(sliced.notable ?? [])].sort()).toEqual(notable.sort());
      expect(new Map(layer.entries)).toEqual(before);
    }), { numRuns: 60 });
  });

  it('is refused as it would be all at once', () => {
    const large = new Map<string, unknown>(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, '1']));
    large.set('bad', null);
    const reading = { kind: 'full', entries: large } as Reading;
    expect(() => runToEnd(workInSlices(layerWith(new Map()), reading))).toThrow(new ConfigError('CALUMMA_READING', 'feed: expected a string for "bad", found null; the reading is refused'));
  });

  it('stops often: no slice is larger than 500 entries', () => {
    const large = new Map(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, '1']));
    expect([...workInSlices(layerWith(new Map()), { kind: 'full', entries: large })].length).toBeGreaterThanOrEqual(20);
    expect([...workInSlices(layerWith(large), { kind: 'patch', set: new Map([['k1', '2']]), remove: new Set() })].length).toBeGreaterThanOrEqual(20);
  });

  it('is only for large readings of remote layers, and for a patch whose layer has to be copied first', () => {
    const large = new Map(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, '1']));
    const patch: Reading = { kind: 'patch', set: new Map([['k1', '2']]), remove: new Set() };
    const layer = layerWith(large);
    expect([needsSlices(layer, patch), needsSlices(layerWith(new Map()), patch), needsSlices(layer, { kind: 'full', entries: large })]).toEqual([true, false, true]);
    runToEnd(workInSlices(layer, patch));
    expect(needsSlices(layer, patch)).toBe(false);
  });
});

describe('a config that follows a large remote layer', () => {
  const large = (value: string): Record<string, string> => ({ ...Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, value])), host: 'h', url: 'http://${host}/${k7}' });

  it('moves what is asked for and what mentions others, in one publish', async () => {
    const feed = new Feed();
    const { config, errors } = rig([{ source: feed, massRemoval: 'allow' }]);
    const url = config.getStringProperty('url', '');
    const k3 = config.getStringProperty('k3', '');
    const seen: string[] = [];
    url.onChange((now) => seen.push(`${now} ${k3.get()} ${config.get('k4')}`));
    feed.full(large('1'));
    await until(() => config.has('k0'));
    feed.full({ ...large('2'), host: '${k3}' });
    await until(() => config.get('k0') === '2');
    feed.patch({ k7: '9' }, ['k3', 'k4']);
    await until(() => url.get().endsWith('9'));
    feed.full({ k1: '5' });
    await until(() => config.get('k1') === '5');
    expect(seen).toEqual(['http://h/1 1 1', 'http://2/2 2 2', 'http://${k3}/9  undefined', '  undefined']);
    expect([config.version, config.keys(), errors.map(({ code }) => code)]).toEqual([4, ['k1'], ['CALUMMA_MISSING_KEY']]);
    await config.close();
  });

  it('counts a publish that nobody has asked for', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    feed.full(large('1'));
    await until(() => config.version === 1);
    feed.full(large('2'));
    await until(() => config.version === 2);
    feed.full(large('2'));
    feed.patch({ last: '1' });
    await until(() => config.version === 3);
    expect(config.get('last')).toBe('1');
    await config.close();
  });
});
