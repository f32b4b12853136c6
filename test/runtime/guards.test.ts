import { describe, expect, it } from 'vitest';
import { type Change, memory, type Snapshot, values } from '../../src/index.js';
import { Feed, rig, stateOf, until } from './rig.js';

/** A guard: `limit` is set, and below 100. */
function limitIsSane(candidate: Snapshot): void {
  const limit = candidate.get('limit');
  if (limit === undefined || Number(limit) > 100) throw new RangeError('limit must be set, and below 100');
}

describe('a guard', () => {
  it('refuses a whole reading by throwing, and nothing has moved', () => {
    const feed = memory({ limit: '1', other: '1', url: '${limit}' });
    const { config, errors } = rig([feed, values({ limit: '0' })], { guards: [limitIsSane] });
    const limit = config.getIntProperty('limit', 0);
    const held = config.snapshot();
    const heard: unknown[] = [];
    limit.onChange((now) => heard.push(now));
    config.on('change', (set) => heard.push(set));
    const before = [stateOf(config), limit.get(), limit.origin, limit.raw, limit.changedAt, held.entries()];
    feed.replace({ limit: '500', other: '2', more: '3' });
    expect([stateOf(config), limit.get(), limit.origin, limit.raw, limit.changedAt, held.entries()]).toEqual(before);
    expect([heard, config.snapshot() === held, config.get('more'), config.explain('limit').winner?.raw]).toEqual([[], true, undefined, '1']);
    expect(config.health().layers[0]).toMatchObject({ state: 'stale', keys: 3, lastError: errors[0] });
    expect(errors.map(({ code, message, cause }) => [code, message, cause instanceof RangeError])).toEqual([
      ['CALUMMA_GUARD', 'memory: a guard refused the reading: limit must be set, and below 100', true],
    ]);
  });

  it('sees everything as it would be, with the changes, and may keep it', () => {
    const seen: { candidate: Snapshot; changes: readonly Change[] }[] = [];
    const feed = memory({ a: '1', b: '1', url: '<${a}>' });
    const { config } = rig([feed], { guards: [(candidate, changes) => seen.push({ candidate, changes })] });
    const low = memory({ b: '0' }, { name: 'low' });
    config.addLayer(low);
    feed.replace({ a: '2', url: '<${a}>', c: '3' });
    low.set('a', 'hidden');
    const { candidate, changes } = seen.at(-1)!;
    expect(seen).toHaveLength(2);
    expect(Object.fromEntries(candidate.entries())).toEqual({ a: '2', b: '0', c: '3', url: '<2>' });
    expect([candidate.version, candidate.size, candidate.has('d')]).toEqual([2, 4, false]);
    expect(changes.map(({ key, before, after, layer, originBefore }) => [key, before, after, layer, originBefore])).toEqual([
      ['a', '1', '2', 'memory', 'memory:a'],
      ['c', undefined, '3', 'memory', undefined],
      ['b', '1', '0', 'low', 'memory:b'],
      ['url', '<1>', '<2>', 'memory', 'memory:url'],
    ]);
    feed.set('a', '9');
    config.override('d', '1');
    expect(Object.fromEntries(candidate.entries())).toEqual({ a: '2', b: '0', c: '3', url: '<2>' });
  });

  it('is not asked about what changes nothing', () => {
    const seen: unknown[] = [];
    const low = memory({ a: '1' }, { name: 'low' });
    rig([values({ a: 'top' }), low], { guards: [() => seen.push(1)] });
    low.set('a', '2');
    expect(seen).toHaveLength(1);
  });

  it.each<[string, () => unknown, string]>([
    ['a text', () => { throw 'just no'; }, 'just no'], // eslint-disable-line @typescript-eslint/only-throw-error -- guards may
    ['undefined', () => { throw undefined; }, 'undefined'], // eslint-disable-line @typescript-eslint/only-throw-error -- guards may
    ['a rejection', () => Promise.reject(new Error('later')), 'decides at once'],
    ['a promise', () => Promise.resolve(), 'decides at once'],
  ])('that throws or gives %s refuses too', (_, guard, reason) => {
    const feed = memory();
    const { config, errors } = rig([feed], { guards: [guard] });
    feed.set('a', '1');
    expect([config.get('a'), errors.map((error) => error.code)]).toEqual([undefined, ['CALUMMA_GUARD']]);
    expect(errors[0]!.message).toContain(reason);
  });

  it('judges the first readings of all local layers together', () => {
    const { config, errors } = rig([values({ other: '1' }, { name: 'top' }), values({ limit: '50' }, { name: 'middle' }), values({ low: '1' })], { guards: [limitIsSane] });
    expect([config.keys().sort(), errors, config.health().state]).toEqual([['limit', 'low', 'other'], [], 'live']);
  });

  it('keeps out at the start only the layer that is wrong', () => {
    const { config, codes } = rig([values({ limit: '500' }, { name: 'wrong' }), values({ limit: '50' })], { guards: [limitIsSane] });
    expect([config.get('limit'), codes()]).toEqual(['50', ['CALUMMA_GUARD']]);
    expect(config.health().layers.map(({ name, state }) => [name, state])).toEqual([['wrong', 'failed'], ['values', 'live']]);
  });

  it('refuses an override, which then is not there, and an added layer', () => {
    const { config, codes } = rig([values({ limit: '50' })], { guards: [limitIsSane] });
    config.override('limit', 500);
    config.addLayer(values({ limit: '600' }, { name: 'more' }), 'top');
    expect([config.get('limit'), config.overrides(), codes()]).toEqual(['50', {}, ['CALUMMA_GUARD', 'CALUMMA_GUARD']]);
    expect(config.withOverrides({ limit: 700 }, () => config.get('limit'))).toBe('50');
    expect(config.withOverrides({ limit: 70 }, () => config.get('limit'))).toBe('70');
  });

  it('lets a later reading in, with what a refused patch had said before it', async () => {
    const feed = new Feed();
    const { config, codes } = rig([feed], { guards: [limitIsSane] });
    feed.full({ limit: '1' });
    await until(() => config.get('limit') === '1');
    feed.patch({ limit: '500', a: '1' });
    await until(() => codes().length === 1);
    expect(config.get('a')).toBeUndefined();
    feed.patch({ limit: '2' });
    await until(() => config.get('limit') === '2');
    expect([config.get('a'), config.health().layers[0]!.state]).toEqual(['1', 'live']);
    await config.close();
  });
});
