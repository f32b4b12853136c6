import { describe, expect, it } from 'vitest';
import { memory, values } from '../../src/index.js';
import { rig } from './rig.js';

describe('a cascade of layers', () => {
  it('answers with the first layer that has the key', () => {
    const { config } = rig([values({ a: '1' }, { name: 'top' }), values({ a: '2', b: '2' }, { name: 'middle' }), values({ a: '3', b: '3', c: '3' })]);
    expect([config.get('a'), config.get('b'), config.get('c'), config.get('d')]).toEqual(['1', '2', '3', undefined]);
  });

  it('takes an empty string for a value', () => {
    const { config } = rig([values({ a: '' }, { name: 'top' }), values({ a: '2' })]);
    expect(config.get('a')).toBe('');
    expect(config.has('a')).toBe(true);
    expect(config.getStringProperty('a', 'default').get()).toBe('');
  });

  it('shows what a removed key hid', () => {
    const top = memory({ a: '1' }, { name: 'top' });
    const { config } = rig([top, values({ a: '2' })]);
    top.delete('a');
    expect(config.get('a')).toBe('2');
    expect(config.version).toBe(2);
  });

  it('publishes nothing when what changed is hidden', () => {
    const low = memory({ a: '1' }, { name: 'low' });
    const { config } = rig([values({ a: 'top' }), low]);
    const { version } = config;
    low.set('a', '2');
    low.delete('a');
    low.set('a', '3');
    expect(config.version).toBe(version);
    expect(config.get('a')).toBe('top');
  });

  it('keeps keys as they are: case counts, and blanks too', () => {
    const { config } = rig([values({ 'a.B': '1', ' a.B': '2' })]);
    expect([config.get('a.B'), config.get('a.b'), config.get(' a.B')]).toEqual(['1', undefined, '2']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', '.', '*', 'a.*', '[0]', 'ключ', '\ud800', 'a\nb', '🦎'])(
    'takes %j for a key like any other',
    (key) => {
      const feed = memory();
      const { config, errors } = rig([feed]);
      const heard: unknown[] = [];
      const property = config.getStringProperty(key, 'default');
      expect(config.get(key)).toBeUndefined();
      expect(config.has(key)).toBe(false);
      config.onChange(key, (change) => heard.push(change.after));
      property.onChange((now) => heard.push(now));

      feed.set(key, 'value');
      expect(config.get(key)).toBe('value');
      expect(config.keys()).toEqual([key]);
      expect(config.entries()).toEqual([[key, 'value']]);
      expect(config.snapshot().get(key)).toBe('value');
      expect(config.explain(key).winner?.raw).toBe('value');
      config.override(key, 'over');
      expect(config.overrides()).toEqual(Object.fromEntries([[key, 'over']]));
      config.clearOverride(key);
      feed.delete(key);

      expect(heard).toEqual(['value', 'value', 'over', 'over', 'value', 'value', 'default', undefined]);
      expect(config.keys()).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it('takes keys and values of 100 kB', () => {
    const key = 'k.'.repeat(50_000);
    const { config } = rig([values({ [key]: 'v'.repeat(100_000) })]);
    expect(config.get(key)).toHaveLength(100_000);
    expect(config.keys('k')).toEqual([key]);
  });

  it('lists keys and entries at or below a prefix', () => {
    const { config } = rig([values({ a: '0', 'a.b': '1', 'a[0]': '2', ab: '3', 'a.b.c': '4' })]);
    expect(config.keys('a').sort()).toEqual(['a', 'a.b', 'a.b.c', 'a[0]']);
    expect(config.keys('a.').sort()).toEqual(config.keys('a').sort());
    expect(config.entries('a.b').sort()).toEqual([['a.b', '1'], ['a.b.c', '4']]);
    expect(config.keys('nothing')).toEqual([]);
  });

  it('answers reads of keys that are set nowhere, however many, and finds them when they come', () => {
    const feed = memory();
    const { config } = rig([feed]);
    for (let i = 0; i < 20_000; i++) config.get(`miss.${i}`);
    expect(config.usage().missing.length).toBeLessThanOrEqual(10_000);
    feed.set('miss.5', 'a');
    feed.set('miss.19999', 'b');
    expect([config.get('miss.5'), config.get('miss.19999'), config.get('miss.6')]).toEqual(['a', 'b', undefined]);
  });

  it('never throws from a read, whatever it is asked for', () => {
    const { config } = rig([values({ a: '1' })]);
    for (const key of [undefined, null, 5, {}, Symbol('a')]) {
      expect(config.get(key as never)).toBeUndefined();
      expect(config.has(key as never)).toBe(false);
      expect(config.view('v').get(key as never)).toBeUndefined();
    }
    expect(config.usage().missing).toEqual([]);
  });

  it('answers the deployment context as properties that no layer can move and no list shows', () => {
    const { config } = rig([memory({ '@region': 'elsewhere', '@own': 'mine' })], { context: { region: 'eu', zone: undefined } });
    expect(config.get('@region')).toBe('eu');
    expect(config.get('@zone')).toBeUndefined();
    expect(config.get('@own')).toBe('mine');
    expect(config.keys().sort()).toEqual(['@own', '@region']);
    expect(rig([], { context: { region: 'eu' } }).config.keys()).toEqual([]);
  });
});

describe('two configs in one process', () => {
  it('do not know of each other, even with one source in both', () => {
    const shared = memory({ a: '1' });
    const [first, second] = [rig([shared]), rig([values({ a: '9' }), shared])];
    const heard: string[] = [];
    first.config.on('change', () => heard.push('first'));
    second.config.on('change', () => heard.push('second'));
    shared.set('a', '2');
    second.config.override('b', 'x');
    expect([first.config.get('a'), second.config.get('a'), first.config.get('b')]).toEqual(['2', '9', undefined]);
    expect(heard).toEqual(['first', 'second']);
    expect(first.config.getIntProperty('a', 0)).not.toBe(second.config.getIntProperty('a', 0));
  });
});
