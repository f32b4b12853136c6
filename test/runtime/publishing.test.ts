import { describe, expect, it } from 'vitest';
import { memory, values } from '../../src/index.js';
import { rig } from './rig.js';

describe('a publish', () => {
  // Archaius 1 moves key by key: its callbacks see half a refresh.
  it('moves every property before the first listener runs', () => {
    const feed = memory({ min: '1', max: '2' });
    const { config } = rig([feed, values({ span: '${min}-${max}' })]);
    const [min, max, span] = [config.getIntProperty('min', 0), config.getIntProperty('max', 0), config.getStringProperty('span', '')];
    const sum = min.map((value) => value + max.get());
    const seen: unknown[] = [];
    const look = (): unknown => seen.push([min.get(), max.get(), span.get(), sum.get(), config.get('max'), config.snapshot().get('min'), config.version]);
    for (const property of [min, max, span]) property.onChange(look);
    config.on('change', look);
    config.onChange('min', look);
    feed.replace({ min: '10', max: '20' });
    expect(seen).toHaveLength(5);
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify([10, 20, '10-20', 30, '20', '10', 3])]));
  });

  it('that a listener sets off comes afterwards, never inside', () => {
    const feed = memory({ a: '0', b: '0' });
    const { config } = rig([feed]);
    const heard: string[] = [];
    const a = config.getIntProperty('a', 0);
    a.onChange((now) => {
      heard.push(`first sees a=${now}`);
      if (now === 1) config.override('a', 2);
      heard.push(`first still sees a=${a.get()}`);
    });
    a.onChange((now) => heard.push(`second sees a=${now}`));
    config.on('change', ({ version, changes }) => heard.push(`v${version} ${changes.map((change) => `${change.before}->${change.after}`).join()}`));
    feed.set('a', '1');
    expect(heard).toEqual([
      'first sees a=1', 'first still sees a=1', 'second sees a=1', 'v2 0->1',
      'first sees a=2', 'first still sees a=2', 'second sees a=2', 'v3 1->2',
    ]);
  });

  it('comes in the order it was asked for, when listeners write to several layers', () => {
    const [one, two] = [memory({ a: '0' }, { name: 'one' }), memory({ b: '0' }, { name: 'two' })];
    const { config } = rig([one, two]);
    const heard: string[] = [];
    config.onChange('*', ({ key, after }) => heard.push(`${key}=${after}`));
    config.onChange('a', ({ after }) => {
      if (after !== '1') return;
      two.set('b', '1');
      config.override('c', '1');
      one.set('a', '2'); // after what `one` is saying now
      two.set('b', '2');
    });
    one.set('a', '1');
    expect(heard).toEqual(['a=1', 'b=1', 'c=1', 'b=2', 'a=2']);
  });

  it('that goes from A to B and back to A is none', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    const heard: unknown[] = [];
    config.on('change', (set) => heard.push(set));
    feed.replace({ a: '1' });
    config.override('a', '1');
    config.clearOverride('a');
    feed.set('a', '1');
    expect([heard, config.version]).toEqual([[], 1]);
  });

  it('tells a property that is derived by two ways once, at its last value', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    const a = config.getIntProperty('a', 0);
    const left = a.map((value) => value + 1);
    const right = left.map((value) => value * 10).map((value) => value);
    const bottom = right.map((value) => value + a.get()).orElse(left);
    const heard: unknown[] = [];
    bottom.onChange((now, before) => heard.push([before, now]));
    feed.set('a', '2');
    expect(heard).toEqual([[21, 32]]);
  });

  it('raises the version by one, however many keys it moves, and not at all when none does', () => {
    const feed = memory();
    const { config } = rig([feed]);
    expect(config.version).toBe(0);
    feed.replace(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, '1'])));
    expect(config.version).toBe(1);
    config.override('k1', '1');
    expect(config.version).toBe(1);
    config.override('k1', '2');
    expect(config.version).toBe(2);
  });

  it('lets a listener add and remove layers, each in its turn and its place', () => {
    const feed = memory({ go: '0' });
    const { config } = rig([values({ a: 'one' }, { name: 'one' }), values({ a: 'two' }, { name: 'two' }), feed]);
    const heard: string[] = [];
    config.onChange('a', ({ before, after }) => heard.push(`${before} -> ${after}`));
    config.onChange('go', () => {
      config.removeLayer('one');
      expect(config.layers).toEqual(['two', 'memory']);
      config.addLayer(values({ a: 'three' }, { name: 'three' }), 'top');
      config.addLayer(values({ a: 'four' }, { name: 'one' }), { above: 'two' });
    });
    feed.set('go', '1');
    expect(config.layers).toEqual(['three', 'one', 'two', 'memory']);
    expect(heard).toEqual(['one -> two', 'two -> three']);
    config.removeLayer('three');
    expect(config.get('a')).toBe('four');
  });

  it('takes in order what a guard, a parser or a check sets off', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed], { guards: [(candidate) => {
      if (candidate.get('a') === '2') config.override('seen', candidate.get('a')!);
    }] });
    config.getProperty('a', (text) => {
      if (text === '2') config.override('parsed', text);
      return text;
    }, '');
    feed.set('a', '2');
    expect([config.get('a'), config.get('seen'), config.get('parsed')]).toEqual(['2', '2', '2']);
  });

  it('moves the properties that a guard makes of keys to come', () => {
    const feed = memory();
    let made: unknown;
    const { config } = rig([feed], { guards: [() => {
      config.get('new');
      made = config.getIntProperty('new', 0);
    }] });
    feed.set('new', '5');
    expect([(made as { get(): number }).get(), config.getIntProperty('new', 0)]).toEqual([5, made]);
  });
});
