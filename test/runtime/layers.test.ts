import { describe, expect, it } from 'vitest';
import { type LayerPosition, memory, values } from '../../src/index.js';
import { Feed, rig, thrownBy, until } from './rig.js';

describe('addLayer()', () => {
  it.each<[LayerPosition | undefined, string[], string]>([
    ['top', ['new', 'one', 'two'], 'new'],
    ['bottom', ['one', 'two', 'new'], 'one'],
    [undefined, ['one', 'two', 'new'], 'one'],
    [{ top: true }, ['new', 'one', 'two'], 'new'],
    [{ bottom: true }, ['one', 'two', 'new'], 'one'],
    [{ above: 'one' }, ['new', 'one', 'two'], 'new'],
    [{ below: 'one' }, ['one', 'new', 'two'], 'one'],
    [{ above: 'two' }, ['one', 'new', 'two'], 'one'],
    [{ below: 'two' }, ['one', 'two', 'new'], 'one'],
  ])('puts it at %j', (position, layers, winner) => {
    const { config } = rig([values({ a: 'one', b: 'one' }, { name: 'one' }), values({ a: 'two', c: 'two' }, { name: 'two' })]);
    const added = values({ a: 'new', b: 'new', c: 'new', d: 'new' }, { name: 'new' });
    if (position === undefined) config.addLayer(added);
    else config.addLayer(added, position);
    expect([config.layers, config.get('a'), config.get('d')]).toEqual([layers, winner, 'new']);
    expect(config.explain('a').hidden.length + 1).toBe(3);
    const at = layers.indexOf('new');
    expect([config.get('b'), config.get('c')]).toEqual([at < layers.indexOf('one') ? 'new' : 'one', at < layers.indexOf('two') ? 'new' : 'two']);
  });

  it('is a change like any other: diffed, published once, notified, never above overrides', () => {
    const { config } = rig([values({ a: '1', b: '1' })]);
    config.override('b', 'over');
    const property = config.getIntProperty('a', 0);
    const heard: unknown[] = [];
    property.onChange((now, before) => heard.push([before, now]));
    config.on('change', ({ version, changes, causes }) => heard.push([version, causes[0]!.layer, changes.map(({ key }) => key)]));
    config.addLayer(values({ a: '2', b: '2', c: '2' }, { name: 'new' }), 'top');
    expect(heard).toEqual([[1, 2], [3, 'new', ['a', 'c']]]);
    config.addLayer(values({ a: '2' }, { name: 'same' }), 'top');
    expect(heard).toHaveLength(2);
  });

  it('refuses a name that is taken and a neighbour that is not there, and changes nothing', () => {
    const { config } = rig([values({ a: '1' })]);
    expect(thrownBy(() => config.addLayer(values({}))).code).toBe('CALUMMA_DUPLICATE_LAYER');
    expect(thrownBy(() => config.addLayer(values({}, { name: 'b' }), { above: 'nobody' }))).toEqual({ code: 'CALUMMA_UNKNOWN_LAYER', message: 'expected one of the layers values, found "nobody"' });
    expect(config.layers).toEqual(['values']);
    config.addLayer({ source: values({ a: '2' }), name: 'other' }, { above: 'values' });
    expect([config.layers, config.get('a')]).toEqual([['other', 'values'], '2']);
  });

  it('takes a remote source, which speaks later', async () => {
    const feed = new Feed();
    const { config } = rig([values({ a: '1' })]);
    config.addLayer(feed, 'top');
    expect([config.get('a'), config.health().state]).toEqual(['1', 'loading']);
    feed.full({ a: '2' });
    await until(() => config.get('a') === '2');
    expect(config.health().state).toBe('live');
    await config.close();
  });
});

describe('removeLayer()', () => {
  // Archaius 1 tells nobody, and property objects keep following the removed layer.
  it('shows what it hid, tells listeners, and hears nothing more of the source', () => {
    const top = memory({ a: '1', b: '1' }, { name: 'top' });
    const { config } = rig([top, values({ a: '2' })]);
    const heard: unknown[] = [];
    config.getIntProperty('a', 0).onChange((now) => heard.push(now));
    config.on('change', ({ changes }) => heard.push(changes.map(({ key, before, after, layer, origin, originBefore }) => [key, before, after, layer, origin, originBefore])));
    config.removeLayer('top');
    top.set('a', '9');
    top.set('c', '9');
    expect(heard).toEqual([2, [['a', '1', '2', 'values', 'values:a', 'top:a'], ['b', '1', undefined, 'top', 'top:b', 'top:b']]]);
    expect([config.layers, config.get('c'), config.health().layers.length, config.explain('a').hidden]).toEqual([['values'], undefined, 1, []]);
  });

  it('stops a remote source, whose reading on its way is dropped', async () => {
    const feed = new Feed();
    const { config } = rig([feed, values({ a: '1' })]);
    feed.full({ a: '2' });
    await until(() => config.get('a') === '2');
    feed.full({ a: '3' });
    config.removeLayer('feed');
    await until(() => feed.open === 0);
    expect(config.get('a')).toBe('1');
  });

  it('refuses names it does not know, those of the own layers included', () => {
    const { config } = rig([values({})]);
    for (const name of ['nobody', 'overrides', 'context', '', '__proto__']) expect(thrownBy(() => config.removeLayer(name)).code).toBe('CALUMMA_UNKNOWN_LAYER');
  });

  it('takes out one that ignores deletes, completely', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([{ source: feed, deletes: 'ignore' }]);
    feed.replace({ b: '1' });
    expect(config.keys().sort()).toEqual(['a', 'b']);
    config.removeLayer('memory');
    expect(config.keys()).toEqual([]);
  });

  it('lets the name be used again', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    config.removeLayer('memory');
    config.addLayer(feed);
    feed.set('a', '2');
    expect(config.get('a')).toBe('2');
  });
});

describe('deletes: ignore', () => {
  it('keeps keys that a patch removes and that a full reading leaves out', async () => {
    const feed = new Feed();
    const { config } = rig([{ source: feed, deletes: 'ignore' }]);
    feed.full({ a: '1', b: '1' });
    feed.patch({ b: '2' }, ['a']);
    feed.full({ c: '3' });
    await until(() => config.has('c'));
    expect(Object.fromEntries(config.entries())).toEqual({ a: '1', b: '2', c: '3' });
    expect(config.health().layers[0]!.keys).toBe(3);
    await config.close();
  });
});

describe('a patch', () => {
  it('touches what it names; a key both set and removed is set', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    feed.full({ a: '1', b: '1', c: '1' });
    feed.patch({ a: '2', d: '2' }, ['a', 'b', 'unknown']);
    await until(() => config.has('d'));
    expect(Object.fromEntries(config.entries())).toEqual({ a: '2', c: '1', d: '2' });
    await config.close();
  });

  it('never writes into the map that the source handed over', async () => {
    const feed = new Feed();
    const entries = new Map([['a', '1']]);
    const { config } = rig([feed]);
    feed.say({ kind: 'full', entries });
    feed.patch({ a: '2' });
    await until(() => config.get('a') === '2');
    expect([...entries]).toEqual([['a', '1']]);
    await config.close();
  });
});
