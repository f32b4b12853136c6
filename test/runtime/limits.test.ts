import { describe, expect, it } from 'vitest';
import { memory, values } from '../../src/index.js';
import { rig } from './rig.js';

describe('maxBytes', () => {
  it('counts keys and values in UTF-8, of all layers together, hidden ones too', () => {
    // a=1: 2, é=🦎: 2+4, a=22: 3
    const { config } = rig([memory({ a: '1', é: '🦎' }, { name: 'top' }), values({ a: '22' })]);
    expect(config.health().layers.map((layer) => layer.bytes)).toEqual([8, 3]);
  });

  it('takes a reading that just fits, and refuses one byte more as a whole', () => {
    const feed = memory({ a: '1' });
    const { config, errors } = rig([feed, values({ b: '1' })], { maxBytes: 10 });
    feed.replace({ a: '1234567' });
    expect([config.get('a'), errors]).toEqual(['1234567', []]);
    feed.replace({ a: '12345678', c: '' });
    expect([config.get('a'), config.has('c')]).toEqual(['1234567', false]);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['CALUMMA_TOO_LARGE', 'memory: expected at most 10 bytes in all layers together, found 12; the last good reading stays'],
    ]);
    expect(config.health().layers[0]).toMatchObject({ state: 'stale', bytes: 8 });
    feed.replace({ a: '1' });
    expect([config.get('a'), config.health().layers[0]!.bytes, config.health().state]).toEqual(['1', 2, 'live']);
  });

  it('counts again what is set, replaced, deleted, overridden and removed', () => {
    const feed = memory({ a: '1' });
    const { config, errors } = rig([feed], { maxBytes: 4 });
    for (let i = 0; i < 20; i++) {
      feed.set('b', String(i % 10));
      feed.delete('b');
      config.override('c', '1');
      config.clearOverride('c');
      config.addLayer(values({ d: '1' }));
      config.removeLayer('values');
    }
    expect([errors, config.health().layers[0]!.bytes]).toEqual([[], 2]);
    config.override('long', 'value');
    expect(errors.map((error) => error.code)).toEqual(['CALUMMA_TOO_LARGE']);
    expect(config.overrides()).toEqual({});
  });

  it('of one layer binds that layer', () => {
    const feed = memory({ a: '1' });
    const { config, errors } = rig([{ source: feed, maxBytes: '3B' }, values({ b: '123456' })]);
    feed.set('a', '12');
    feed.set('a', '123');
    expect([config.get('a'), errors.map((error) => error.message)]).toEqual(['12', ['memory: expected at most 3 bytes in this layer, found 4; the last good reading stays']]);
  });

  it('always lets a layer shrink', () => {
    const feed = memory({ a: '12345' });
    const { config, errors } = rig([feed], { maxBytes: 6 });
    feed.replace({ a: '1', b: '1' });
    expect([config.entries().sort(), errors]).toEqual([[['a', '1'], ['b', '1']], []]);
  });

  it('is 10 MB unless said otherwise', () => {
    const half = 'x'.repeat(5 * 1024 * 1024 - 1);
    const { config, codes } = rig([values({ a: half }, { name: 'one' }), values({ b: half }, { name: 'two' }), values({ c: '' }, { name: 'three' })]);
    expect([config.has('a'), config.has('b'), config.has('c'), codes()]).toEqual([true, true, false, ['CALUMMA_TOO_LARGE']]);
  });

  it('counts what stays with deletes: ignore', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([{ source: feed, deletes: 'ignore' }]);
    feed.replace({ b: '22' });
    expect(config.health().layers[0]).toMatchObject({ bytes: 5, keys: 2 });
  });
});
