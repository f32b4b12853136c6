import { expect, it } from 'vitest';
import { createConfig, memory, type ConfigError } from '../../src/index.js';

it('getContextualProperty gives the same property for the same name and default', () => {
  const config = createConfig({ layers: [memory({ a: '1' })] });
  const property = config.getContextualProperty('a', 5);
  expect(config.getContextualProperty('a', 5)).toBe(property);
  expect(config.getContextualProperty('a', 6)).not.toBe(property);
  expect(config.getContextualProperty('a', '5')).not.toBe(property);
});

it('a bad value is one piece of news, however many properties of its key there are', () => {
  const errors: ConfigError[] = [];
  const feed = memory({ limit: '5' });
  const config = createConfig({ layers: [feed], onError: (error) => errors.push(error) });
  const properties = [config.getIntProperty('limit', 1), config.getIntProperty('limit', 2)];
  feed.set('limit', 'many');
  expect(config.getIntProperty('limit', 3).get()).toBe(3);
  expect(errors.map(({ code }) => code)).toEqual(['CALUMMA_CONVERSION']);
  feed.set('limit', 'more');
  expect(errors).toHaveLength(2);
  feed.set('limit', '7');
  expect(properties.map((property) => property.get())).toEqual([7, 7]);
});

it('withOverrides is refused inside a listener, where it could not take effect', () => {
  const errors: ConfigError[] = [];
  const feed = memory({ a: '1' });
  const config = createConfig({ layers: [feed], onError: (error) => errors.push(error) });
  config.onChange('a', () => config.withOverrides({ b: '2' }, () => undefined));
  feed.set('a', '2');
  expect(errors.map(({ code, cause }) => [code, (cause as ConfigError).code])).toEqual([['CALUMMA_LISTENER', 'CALUMMA_OPTION']]);
  expect(config.overrides()).toEqual({});
});
