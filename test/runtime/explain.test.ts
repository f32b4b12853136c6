import { describe, expect, it, vi } from 'vitest';
import { env, memory, values } from '../../src/index.js';
import { Feed, rig, until } from './rig.js';

describe('explain()', () => {
  it('names the winner and all that it hides, with raw values, origins and times', () => {
    const feed = memory({ limit: '5' });
    const { config } = rig([env({ environment: { LIMIT: '${more}' } }), feed, values({ limit: '1', more: '7' })]);
    const start = Date.now();
    const { winner, hidden, ...rest } = config.explain('limit');
    expect(rest).toMatchObject({ key: 'limit', value: '7', secret: false, errors: [] });
    expect([winner, ...hidden].map((one) => [one?.layer, one?.raw, one?.origin])).toEqual([['env', '${more}', 'env:LIMIT'], ['memory', '5', 'memory:limit'], ['values', '1', 'values:limit']]);
    expect(Math.abs(winner!.since!.getTime() - start)).toBeLessThan(10_000);
    expect(rest.interpolation).toEqual([{ expression: '${more}', key: 'more', value: '7', from: 'key', depth: 1 }]);
  });

  it('tells since when a layer holds a value: since it changed, not since it was read', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    try {
      const feed = memory({ a: '1', b: '1' });
      const { config } = rig([feed]);
      vi.setSystemTime(2_000_000);
      feed.set('a', '2');
      vi.setSystemTime(3_000_000);
      feed.delete('b');
      feed.set('c', '1');
      const since = (key: string): number | undefined => config.explain(key).winner?.since?.getTime();
      expect([since('a'), since('b'), since('c')]).toEqual([2_000_000, undefined, 3_000_000]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('marks a layer that is out of touch, and names those above that could not be read', async () => {
    const [up, feed] = [new Feed('central'), new Feed('store')];
    const { config } = rig([up, feed, values({ a: '1', b: '1' })]);
    feed.full({ a: '2' });
    await until(() => config.get('a') === '2');
    expect(String(config.explain('a'))).not.toContain('stale');
    feed.lose(new Error('down'));
    up.lose(new Error('down'));
    await until(() => config.health().layers[1]!.state === 'stale' && config.health().layers[0]!.state === 'failed');
    const explanation = config.explain('a');
    expect(explanation.winner?.staleSince).toEqual(config.health().layers[1]!.since);
    expect([explanation.hidden[0]!.staleSince, explanation.unread, config.explain('none').unread]).toEqual([undefined, ['central'], ['central']]);
    expect(String(explanation).split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}→ store .* stale since 20/), expect.stringMatching(/^ {4}values/), '  ? central could not be read so far: it may have another value',
    ]);
    expect(String(config.explain('none'))).toBe('none is set nowhere\n  ? central could not be read so far: it may have another value');
    await config.close();
  });

  it('shows how each reference was filled, those inside others too', () => {
    const { config } = rig([values({ a: '${b}/${c:none}', b: '${d}', d: '1' })]);
    expect(config.explain('a').interpolation.map(({ expression, value, from, depth }) => [expression, value, from, depth])).toEqual([
      ['${b}', '1', 'key', 1], ['${d}', '1', 'key', 2], ['${c:none}', 'none', 'default', 1],
    ]);
  });

  it('has the errors of references and of properties, and loses them when they are mended', () => {
    const feed = memory({ a: '${nope}' });
    const { config } = rig([feed]);
    config.getIntProperty('a', 0);
    expect(config.explain('a').errors.map((error) => error.code)).toEqual(['CALUMMA_MISSING_KEY', 'CALUMMA_CONVERSION']);
    feed.set('nope', '1');
    expect(config.explain('a').errors).toEqual([]);
  });

  it('prints as a table', () => {
    const { config } = rig([memory({ 'gateway.limit': 'x${step}' }), values({ 'gateway.limit': '100', step: '5' }, { name: 'defaults' })]);
    config.getIntProperty('gateway.limit', 1);
    expect(String(config.explain('gateway.limit')).replaceAll(/\d{4}-[\d:T.-]+Z/g, 'TIME').split('\n')).toEqual([
      'gateway.limit = x5',
      '  → memory    x${step}  memory:gateway.limit    since TIME',
      '    defaults  100       defaults:gateway.limit  since TIME',
      '      ${step} = 5',
      '  ! gateway.limit: expected an integer, found "x5" (memory:gateway.limit)',
    ]);
    expect(String(config.explain('nowhere'))).toBe('nowhere is set nowhere');
  });

  it('does not count as a read', () => {
    const { config } = rig([values({ a: '1' })]);
    config.explain('a');
    config.explain('b');
    expect(config.usage()).toEqual({ read: [], missing: [], unused: ['a'] });
  });
});

describe('usage()', () => {
  it('tells keys read, keys asked for but set nowhere, and keys nobody asked for', () => {
    const feed = memory({ got: '1', property: '1', mentioned: '1', owner: '${mentioned}', unused: '1' });
    const { config } = rig([feed]);
    config.get('got');
    config.getIntProperty('property', 0);
    config.get('missing');
    config.getIntProperty('absent', 0);
    const { read, missing, unused } = config.usage();
    expect([[...read].sort(), [...missing].sort(), [...unused].sort()]).toEqual([['got', 'mentioned', 'property'], ['absent', 'missing'], ['owner', 'unused']]);
    feed.replace({ missing: '1' });
    expect([config.usage().read, [...config.usage().missing].sort()]).toEqual([['missing'], ['absent', 'got', 'property']]);
  });
});
