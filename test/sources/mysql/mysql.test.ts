import { expect, test } from 'vitest';

import { describeWith } from '../../harness/servers/available.js';
import { follow, until } from '../following.js';
import { every, Lab } from './lab.js';

const awkward: readonly (readonly [key: string, value: string])[] = [
  ['', 'empty'],
  [' ', 'blank'],
  ['a', 'lower'],
  ['A', 'upper'],
  ['a ', 'trailing blank'],
  ['ä', 'umlaut'],
  ['a\u0308', 'decomposed'],
  ['😀', 'emoji 😀'],
  ['__proto__', 'proto'],
  ['constructor', ''],
  ["it's", "it's"],
  ['a\\b', '\\n'],
  ['line\nbreak', ' \n '],
  ['%', '%'],
  ['k'.repeat(10_000), 'v'.repeat(100_000)],
  [':calumma1:', ':calumma2:'],
];

describeWith('mariadb', 'mysql()', () => {
  const lab = new Lab();

  test('gives everything at first, and what changes within the poll interval', async () => {
    await lab.put('gateway.limit', '100');
    const config = await lab.ready();
    const limit = config.getIntProperty('gateway.limit', 1);
    expect(limit.get()).toBe(100);
    const moved = new Promise<number>((resolve) => limit.onChange(() => resolve(performance.now())));
    await lab.put('gateway.limit', '50');
    const written = performance.now();
    expect((await moved) - written).toBeLessThan(every * 1.1 + 50);
    expect(limit.get()).toBe(50);
    expect(limit.origin).toBe('mysql:properties:gateway.limit');
  });

  test('any string is a key, told apart byte by byte', async () => {
    const source = lab.source();
    await source.set(awkward, { author: 'ann', reason: 'awkward' });
    const reader = follow(lab.source());
    await until(() => reader.readings.length > 0, reader.thrown);
    expect([...reader.entries].sort()).toEqual([...awkward].sort());
    await source.delete('A', { author: 'ann', reason: 'only this one' });
    await until(() => reader.readings.length > 1);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map(), remove: new Set(['A']) });
    await reader.stop();
  });

  test('a small change is a patch with the time it was written at', async () => {
    await lab.put('a', '1');
    await lab.put('b', '1');
    const reader = follow(lab.source());
    await until(() => reader.readings.length > 0);
    const before = Date.now();
    await lab.put('a', '2');
    await until(() => reader.readings.length > 1);
    const patch = reader.last();
    expect(patch).toMatchObject({ kind: 'patch', set: new Map([['a', '2']]), remove: new Set() });
    expect(patch.writtenAt).toBeGreaterThan(before - 1_000);
    expect(patch.writtenAt).toBeLessThan(Date.now() + 1_000);
    await reader.stop();
  });

  test('a removal is seen as absence', async () => {
    await lab.put('a', '1');
    await lab.put('b', '');
    const config = await lab.ready();
    expect(config.get('b')).toBe('');
    await lab.remove('b');
    await until(() => !config.has('b'));
    expect(config.keys()).toContain('a');
  });

  test('a look without news confirms what is held', async () => {
    await lab.put('a', '1');
    const config = await lab.ready();
    const [layer] = config.health().layers;
    const first = layer!.lastSuccess;
    await until(() => config.health().layers[0]!.lastSuccess!.getTime() > first!.getTime());
    expect(config.version).toBe(1);
  });
});
