import { expect, it } from 'vitest';
import { createConfig } from '../../src/index.js';
import { memory } from '../../src/sources/memory.js';
import { values } from '../../src/sources/values.js';
import { env } from '../../src/sources/env.js';

it('merges layers, first wins, and follows changes', () => {
  const m = memory({ 'a.b': '1' });
  const config = createConfig({ onError: () => undefined, layers: [env({ environment: { GATEWAY_LIMIT: '7' } }), m, values({ 'gateway.limit': '5', 'x': '${a.b}/${gateway.limit}' })] });
  const p = config.getIntProperty('a.b', 3);
  const x = config.getStringProperty('x', '');
  const seen: unknown[] = [];
  p.onChange((now, before) => seen.push([now, before]));
  config.on('change', (set) => seen.push(set.changes.map((c) => [c.key, c.before, c.after, c.layer, c.origin])));
  expect(config.getIntProperty('gateway.limit', 0).get()).toBe(7);
  expect(x.get()).toBe('1/7');
  const before = config.snapshot();
  m.set('a.b', '2');
  expect(p.get()).toBe(2);
  expect(before.get('a.b')).toBe('1');
  expect(x.get()).toBe('2/7');
  expect(seen).toEqual([
    [2, 1],
    [
      ['a.b', '1', '2', 'memory', 'memory:a.b'],
      ['x', '1/7', '2/7', 'values', 'values:x'],
    ],
  ]);
  m.set('a.b', 'zzz');
  expect(p.get()).toBe(2);
  expect(String(config.explain('x'))).toContain('values  ${a.b}/${gateway.limit}  values:x');
  expect(config.keys().sort()).toEqual(['GATEWAY_LIMIT', 'a.b', 'gateway.limit', 'x']);
});
