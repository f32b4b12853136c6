import { describe, expect, it } from 'vitest';
import { memory, values } from '../../src/index.js';
import { rig, thrownBy } from './rig.js';

describe('an override', () => {
  it('stands above all layers until it is cleared, and shows what was written underneath', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    const a = config.getIntProperty('a', 0);
    const heard: number[] = [];
    a.onChange((now) => heard.push(now));
    config.override('a', 5);
    feed.set('a', '2');
    expect([a.get(), a.origin, config.overrides()]).toEqual([5, 'override:a', { a: '5' }]);
    config.clearOverride('a');
    config.clearOverride('a');
    config.clearOverride('never');
    expect([a.get(), config.overrides(), heard, config.layers]).toEqual([2, {}, [5, 2], ['memory']]);
  });

  it.each<[unknown, string]>([['text', 'text'], ['', ''], [0, '0'], [-1.5, '-1.5'], [true, 'true'], [10n, '10']])('takes %s as text', (value, text) => {
    const { config } = rig([]);
    config.override('a', value as string);
    expect(config.get('a')).toBe(text);
  });

  it.each([undefined, null, {}, [], Symbol('a'), () => 1])('refuses %s, and the one before stays', (value) => {
    const { config } = rig([]);
    config.override('a', '1');
    expect(thrownBy(() => config.override('a', value as never)).code).toBe('CALUMMA_OPTION');
    expect(config.overrides()).toEqual({ a: '1' });
  });

  it('takes part in ${…} both ways', () => {
    const { config } = rig([values({ a: '${b}', b: '1' })]);
    config.override('b', '2');
    expect(config.get('a')).toBe('2');
    config.override('a', '<${b}>');
    expect(config.get('a')).toBe('<2>');
  });
});

describe('withOverrides()', () => {
  it('sets in one publish, gives what the function gives, and undoes in one', () => {
    const { config } = rig([values({ a: '1', b: '1' })]);
    const heard: unknown[] = [];
    config.on('change', ({ changes }) => heard.push(changes.map(({ key, after }) => `${key}=${after}`)));
    const result = config.withOverrides({ a: 2, b: '3', c: true }, () => [config.get('a'), config.get('b'), config.get('c')]);
    expect(result).toEqual(['2', '3', 'true']);
    expect(heard).toEqual([['a=2', 'b=3', 'c=true'], ['a=1', 'b=1', 'c=undefined']]);
  });

  it('puts back the overrides that were there before, nested ones too, and leaves others alone', () => {
    const { config } = rig([values({ a: '1' })]);
    config.override('a', 'before');
    config.withOverrides({ a: 'outer', b: 'outer' }, () => {
      config.withOverrides({ a: 'inner' }, () => {
        config.override('c', 'made inside');
        expect(config.get('a')).toBe('inner');
      });
      expect(config.get('a')).toBe('outer');
    });
    expect(config.overrides()).toEqual({ a: 'before', c: 'made inside' });
  });

  it('undoes when the function throws', () => {
    const { config } = rig([]);
    const error = new Error('inside');
    expect(() => config.withOverrides({ a: '1' }, () => { throw error; })).toThrow(error);
    expect(config.overrides()).toEqual({});
  });

  it('keeps them until the promise of an asynchronous function is settled', async () => {
    const { config } = rig([]);
    const result = config.withOverrides({ a: '1' }, async () => {
      await Promise.resolve();
      return config.get('a');
    });
    expect(config.get('a')).toBe('1');
    expect(await result).toBe('1');
    expect(config.get('a')).toBeUndefined();
    const error = new Error('inside');
    await expect(config.withOverrides({ a: '2' }, () => Promise.reject(error))).rejects.toBe(error);
    expect(config.overrides()).toEqual({});
  });

  it('waits for anything that has a then', async () => {
    const { config } = rig([]);
    let finish: (value: string) => void = () => undefined;
    const thenable = { then: (resolve: (value: string) => void) => void (finish = resolve) };
    const result = config.withOverrides({ a: '1' }, () => thenable) as unknown as Promise<string>;
    await Promise.resolve();
    expect(config.get('a')).toBe('1');
    finish('done');
    expect(await result).toBe('done');
    expect(config.overrides()).toEqual({});
  });
});
