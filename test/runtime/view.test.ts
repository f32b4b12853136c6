import { describe, expect, it } from 'vitest';
import { int, memory, values } from '../../src/index.js';
import { rig, thrownBy } from './rig.js';

function setup() {
  const feed = memory({ gateway: 'itself', 'gateway.limit': '5', 'gateway.pool.size': '10', 'gateway[0]': 'first', gateways: 'no', 'gateway.url': '${gateway.limit}' });
  return { ...rig([feed], { context: { region: 'eu' } }), feed };
}

describe('a view', () => {
  it('reads, lists and snapshots what lies below its prefix, under shorter names', () => {
    const { config } = setup();
    for (const view of [config.view('gateway'), config.view('gateway.')]) {
      expect([view.get('limit'), view.get('[0]'), view.get('pool.size'), view.get('gateways'), view.has('limit'), view.get('url')]).toEqual(['5', 'first', '10', undefined, true, '5']);
      expect(view.keys().sort()).toEqual(['[0]', 'limit', 'pool.size', 'url']);
      expect(view.keys('pool')).toEqual(['pool.size']);
      expect(view.entries('pool')).toEqual([['pool.size', '10']]);
      expect(view.entries().sort()).toEqual([['[0]', 'first'], ['limit', '5'], ['pool.size', '10'], ['url', '5']]);
      const held = view.snapshot();
      expect([held.get('limit'), held.has('limits'), held.size, held.keys('pool'), held.entries('pool'), held.version]).toEqual(['5', false, 4, ['pool.size'], [['pool.size', '10']], config.version]);
    }
  });

  it('of a view lies below both, and of nothing is the whole', () => {
    const { config } = setup();
    expect(config.view('gateway').view('pool').get('size')).toBe('10');
    expect(config.view('').keys().sort()).toEqual(config.keys().sort());
  });

  it('shares its properties with the whole', () => {
    const { config } = setup();
    const view = config.view('gateway');
    expect(view.getIntProperty('limit', 1)).toBe(config.getIntProperty('gateway.limit', 1));
    expect(view.getContextualProperty('limit', 0).get()).toBe(5);
    expect(view.bind('', { limit: int(1), pool: { size: int(1) } })).toEqual({ limit: 5, pool: { size: 10 } });
    expect(view.bind('pool', { size: int(1) }).size).toBe(10);
  });

  it('has a snapshot that does not move', () => {
    const { config, feed } = setup();
    const held = config.view('gateway').snapshot();
    feed.replace({});
    expect(held.entries().sort()).toEqual([['[0]', 'first'], ['limit', '5'], ['pool.size', '10'], ['url', '5']]);
  });

  it('hears its own changes under its own names, once a publish', () => {
    const { config, feed } = setup();
    const heard: unknown[] = [];
    const view = config.view('gateway');
    view.on('change', ({ changes, version }) => heard.push(['on', version, changes.map(({ key, before, after, origin }) => [key, before, after, origin])]));
    view.on('change', ({ changes }) => heard.push(['pool', changes.map(({ key }) => key)]), { prefix: 'pool' });
    view.onChange('pool.*', ({ key }, { changes }) => heard.push(['below', key, changes.length]));
    view.onChange('*', ({ key }) => heard.push(['all', key]));
    feed.set('gateway', 'not in the view');
    feed.set('other', '1');
    feed.set('gateway.pool.size', '11');
    expect(heard).toEqual([
      ['all', 'pool.size'],
      ['below', 'pool.size', 1],
      ['on', 4, [['pool.size', '10', '11', 'memory:gateway.pool.size']]],
      ['pool', ['pool.size']],
    ]);
  });

  it('hears errors and states as the whole does', () => {
    const { config, feed } = setup();
    const heard: string[] = [];
    config.view('gateway').on('error', (error) => heard.push(error.code));
    config.getIntProperty('other', 0);
    feed.set('other', 'bad');
    expect(heard).toEqual(['CALUMMA_CONVERSION']);
  });

  it('overrides, explains, adds and removes through the whole', () => {
    const { config } = setup();
    const view = config.view('gateway');
    config.override('elsewhere', '1');
    view.override('limit', 6);
    expect([config.get('gateway.limit'), view.overrides(), config.overrides()]).toEqual(['6', { limit: '6' }, { elsewhere: '1', 'gateway.limit': '6' }]);
    view.clearOverride('limit');
    expect(view.withOverrides({ limit: 7 }, () => config.get('gateway.limit'))).toBe('7');
    expect(view.explain('limit').key).toBe('gateway.limit');
    view.addLayer(values({ 'gateway.limit': '9' }), 'top');
    expect([view.get('limit'), view.layers]).toEqual(['9', ['values', 'memory']]);
    view.removeLayer('values');
    // Not the ages: they are those of the moment they are asked for.
    const names = view.health().layers.map(({ name, state }) => [name, state]);
    expect([view.get('limit'), names, view.context]).toEqual(['5', [['memory', 'live']], config.context]);
  });

  it('tells what was asked for below it', () => {
    const { config } = setup();
    const view = config.view('gateway');
    view.get('limit');
    view.get('absent');
    config.get('other');
    expect(view.usage()).toEqual({ read: ['limit'], missing: ['absent'], unused: ['pool.size', '[0]', 'url'] });
  });

  it('gets ready, refreshes and closes the whole', async () => {
    const { config } = setup();
    const view = config.view('gateway');
    expect(await view.ready()).toBe(view);
    await view.refresh();
    await view.close();
    expect(thrownBy(() => config.override('a', '1')).code).toBe('CALUMMA_CLOSED');
    expect(thrownBy(() => view.override('a', '1')).code).toBe('CALUMMA_CLOSED');
  });
});
