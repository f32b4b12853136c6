import { describe, expect, it } from 'vitest';
import { memory, values } from '../../src/index.js';
import { rig, thrownBy } from './rig.js';

describe('a chained property', () => {
  it('answers with the first that is set, and with the last default if none is', () => {
    const feed = memory();
    const { config } = rig([feed]);
    const chain = config.getChainedProperty([config.getIntProperty('a', 1), config.getIntProperty('b', 2), config.getIntProperty('c', 3)]);
    expect([chain.get(), chain.isSet, chain.default]).toEqual([3, false, 3]);
    feed.set('b', '20');
    expect([chain.get(), chain.isSet, chain.name, chain.raw, chain.origin]).toEqual([20, true, 'b', '20', 'memory:b']);
    feed.set('a', '10');
    expect([chain.get(), chain.name]).toEqual([10, 'a']);
    feed.delete('a');
    expect(chain.get()).toBe(20);
  });

  // Archaius 1 told the head's callbacks only.
  it('tells its listeners whichever link changed the answer, and nobody when it did not', () => {
    const feed = memory({ c: '3' });
    const { config } = rig([feed]);
    const chain = config.getIntProperty('a', 0).orElse(config.getIntProperty('b', 0)).orElse(config.getIntProperty('c', 0));
    const heard: unknown[] = [];
    chain.onChange((now, before) => heard.push([before, now]));
    feed.set('c', '30');
    feed.set('a', '30');
    feed.set('c', '99');
    feed.set('b', '5');
    feed.delete('a');
    feed.delete('b');
    expect(heard).toEqual([[3, 30], [30, 5], [5, 99]]);
  });

  it('lets go of a link that is no longer set though its value did not move', () => {
    const feed = memory({ a: '7', b: '8' });
    const { config } = rig([feed]);
    const chain = config.getIntProperty('a', 7).orElse(config.getIntProperty('b', 0));
    expect(chain.get()).toBe(7);
    feed.delete('a'); // from 7 to its default, 7
    expect(chain.get()).toBe(8);
    feed.set('a', '7');
    expect(chain.get()).toBe(7);
  });

  // Archaius 1 marks "missing" by values such as 0.0.
  it.each([['0.0', 0], ['-1', -1]])('takes %s for set', (text, value) => {
    const { config } = rig([values({ a: text, b: '5' })]);
    expect(config.getNumberProperty('a', 9).orElse(config.getNumberProperty('b', 0)).get()).toBe(value);
  });

  it('takes an empty text and false for set', () => {
    const { config } = rig([values({ a: '', b: 'x', c: 'false', d: 'true' })]);
    expect(config.getStringProperty('a', 'n').orElse(config.getStringProperty('b', 'n')).get()).toBe('');
    expect(config.getBooleanProperty('c', true).orElse(config.getBooleanProperty('d', true)).get()).toBe(false);
  });

  it('passes over a link whose text never parsed, and keeps one whose last good value is served', () => {
    const feed = memory({ a: 'bad', b: '2' });
    const { config } = rig([feed]);
    const chain = config.getIntProperty('a', 0).orElse(config.getIntProperty('b', 0));
    expect(chain.get()).toBe(2);
    feed.set('a', '1');
    feed.set('a', 'bad again');
    expect(chain.get()).toBe(1);
  });

  it('is told once when two links move in one publish', () => {
    const feed = memory({ a: '1', b: '2' });
    const { config } = rig([feed]);
    const heard: unknown[] = [];
    config.getIntProperty('a', 0).orElse(config.getIntProperty('b', 0)).onChange((now, before) => heard.push([before, now]));
    feed.replace({ b: '3' });
    expect(heard).toEqual([[1, 3]]);
  });

  it('compares lists by what is in them', () => {
    const feed = memory({ a: 'x,y', b: 'x,y' });
    const { config } = rig([feed]);
    const heard: unknown[] = [];
    config.getListProperty('a', []).orElse(config.getListProperty('b', [])).onChange((now) => heard.push(now));
    feed.delete('a');
    expect(heard).toEqual([]);
    feed.set('b', 'z');
    expect(heard).toEqual([['z']]);
  });

  it('joins properties of two configs', () => {
    const [near, far] = [memory(), memory({ a: '2' })];
    const chain = rig([near]).config.getIntProperty('a', 0).orElse(rig([far]).config.getIntProperty('a', 0));
    expect(chain.get()).toBe(2);
    near.set('a', '1');
    expect(chain.get()).toBe(1);
  });
});

describe('a mapped property', () => {
  it('follows, and tells only when what the function gives differs', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    const parity = config.getIntProperty('a', 0).map((value) => ({ odd: value % 2 === 1 }));
    const heard: unknown[] = [];
    parity.onChange((now, before) => heard.push([before.odd, now.odd]));
    feed.set('a', '3');
    feed.set('a', '4');
    feed.delete('a');
    expect(heard).toEqual([[true, false]]);
    expect([parity.get(), parity.default, parity.isSet]).toEqual([{ odd: false }, { odd: false }, false]);
  });

  it('keeps the last good result when the function throws', () => {
    const feed = memory({ a: '2' });
    const { config, codes } = rig([feed]);
    const half = config.getIntProperty('a', 0).map((value) => {
      if (value % 2 === 1) throw new Error('odd');
      return value / 2;
    });
    feed.set('a', '3');
    expect([half.get(), codes()]).toEqual([1, ['CALUMMA_CONVERSION']]);
    feed.set('a', '4');
    expect(half.get()).toBe(2);
  });

  it('takes what the function makes of the default when it fails for the value of now, and refuses one that fails for both', () => {
    const { config, codes } = rig([values({ a: '-1' })]);
    const root = (value: number): number => {
      if (value < 0) throw new RangeError('negative');
      return Math.sqrt(value);
    };
    expect(config.getIntProperty('a', 4).map(root).get()).toBe(2);
    expect(thrownBy(() => config.getIntProperty('a', -4).map(root))).toEqual({ code: 'CALUMMA_OPTION', message: 'map() of a: expected a function that takes at least the default, found a function' });
    expect(codes()).toEqual(['CALUMMA_CONVERSION']);
  });

  it('may be of anything, an object that cannot be printed included', () => {
    const feed = memory({ a: '1' });
    const { config, errors } = rig([feed]);
    const odd = config.getIntProperty('a', 0).map((value) => Object.assign(Object.create(null) as { value: number }, { value }));
    feed.set('a', '2');
    expect(odd.get().value).toBe(2);
    expect(errors).toEqual([]);
  });

  it('can be validated, chained and mapped again', () => {
    const feed = memory({ a: '1' });
    const { config, codes } = rig([feed]);
    const squared = config.getIntProperty('a', 0).map((value) => value * value);
    const text = squared.validate((value) => value < 100).orElse(config.getIntProperty('b', 5)).map(String);
    feed.set('a', '3');
    feed.set('a', '50');
    expect([text.get(), codes()]).toEqual(['9', ['CALUMMA_VALIDATION']]);
    feed.replace({ b: '6' });
    expect(text.get()).toBe('6');
  });
});

describe('a contextual property', () => {
  const rules = (eu: number): string => JSON.stringify([{ if: { region: ['eu'], tier: ['gold'] }, value: eu }, { if: { region: 'eu' }, value: 2 }, { value: 1 }]);

  it('is evaluated against the context of the call before that of the deployment', () => {
    const { config } = rig([values({ limit: rules(9) })], { context: { region: 'eu' } });
    const limit = config.getContextualProperty('limit', 0);
    expect([limit.get(), limit.get({ tier: 'gold' }), limit.get({ region: 'us' }), limit.get({})]).toEqual([2, 9, 1, 2]);
  });

  it('moves with its text, and tells those who listen without a context', () => {
    const feed = memory({ limit: '5' });
    const { config } = rig([feed], { context: { region: 'eu', tier: 'gold' } });
    const limit = config.getContextualProperty('limit', 0);
    const heard: unknown[] = [];
    limit.onChange((now) => heard.push(now));
    feed.set('limit', rules(9));
    feed.set('limit', rules(10));
    feed.delete('limit');
    expect(heard).toEqual([9, 10, 0]);
    expect(limit.get({ region: 'us' })).toBe(0);
  });

  it('keeps the last good rules when the JSON is bad', () => {
    const feed = memory({ limit: rules(9) });
    const { config, codes } = rig([feed]);
    const limit = config.getContextualProperty('limit', 0);
    feed.set('limit', '[{');
    feed.set('limit', '[{"value":"x"}]');
    expect([limit.get({ region: 'eu' }), limit.get(), codes()]).toEqual([2, 1, ['CALUMMA_CONVERSION', 'CALUMMA_CONVERSION']]);
  });

  it('gives the default when no rule fits', () => {
    const { config } = rig([values({ limit: '[{"if":{"region":["eu"]},"value":"a"}]' })]);
    expect(config.getContextualProperty('limit', 'none').get({ region: 'us' })).toBe('none');
  });
});
