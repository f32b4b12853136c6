import { describe, expect, it } from 'vitest';
import { env, memory, values } from '../../src/index.js';
import { LiveSnapshot, SnapshotShelf } from '../../src/runtime/snapshot.js';
import { afterGc, rig } from './rig.js';

describe('a snapshot', () => {
  it('does not move with what is published afterwards', () => {
    const feed = memory({ a: '1', b: '1', url: '${a}' });
    const { config } = rig([feed, values({ b: 'low' })]);
    const held = config.snapshot();
    const before = { version: held.version, size: held.size, entries: held.entries().sort(), keys: held.keys().sort() };
    feed.set('a', '2');
    feed.delete('b');
    feed.set('c', '3');
    config.override('a', '4');
    config.addLayer(values({ d: '5', a: '6' }, { name: 'added' }), 'top');
    config.removeLayer('memory');
    expect({ version: held.version, size: held.size, entries: held.entries().sort(), keys: held.keys().sort() }).toEqual(before);
    expect([held.get('a'), held.get('b'), held.get('url'), held.has('c'), held.has('d'), held.get('never')]).toEqual(['1', '1', '1', false, false, undefined]);
    expect(before.entries).toEqual([['a', '1'], ['b', '1'], ['url', '1']]);
  });

  it('lists what lies at or below a prefix', () => {
    const { config } = rig([values({ a: '0', 'a.b': '1', ab: '2' })]);
    expect(config.snapshot().keys('a').sort()).toEqual(['a', 'a.b']);
    expect(config.snapshot().entries('a.b')).toEqual([['a.b', '1']]);
    expect([config.snapshot().size, config.snapshot().version]).toEqual([3, 1]);
  });

  it('is right straight after an addition, a removal and a change of what an environment variable answers', async () => {
    const environment: Record<string, string | undefined> = { A_B: '1' };
    const feed = memory({ x: '1' });
    const { config } = rig([env({ environment }), feed]);
    expect(config.get('a.b')).toBe('1');
    const first = config.snapshot();
    feed.set('a.b', 'hidden');
    const second = config.snapshot();
    environment.A_B = undefined;
    await config.refresh();
    const third = config.snapshot();
    feed.delete('x');
    const seen = [first, second, third, config.snapshot()].map((snapshot) => [snapshot.get('a.b'), snapshot.keys().sort().join(), snapshot.size]);
    expect(seen).toEqual([['1', 'A_B,x', 2], ['1', 'A_B,a.b,x', 3], ['hidden', 'a.b,x', 2], ['hidden', 'a.b', 1]]);
  });

  it('is the same object at the same version', () => {
    const feed = memory({ a: '1' });
    const { config } = rig([feed]);
    const first = config.snapshot();
    feed.set('a', '1');
    expect(config.snapshot()).toBe(first);
    feed.set('a', '2');
    expect(config.snapshot()).not.toBe(first);
  });

  it('copies nothing when it is taken: it costs the same for any size', () => {
    const { config } = rig([values(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key.${i}`, 'value'])))]);
    const feed = memory({ tick: '0' });
    config.addLayer(feed);
    const heap = process.memoryUsage().heapUsed;
    const held = Array.from({ length: 200 }, (_, i) => {
      feed.set('tick', String(i + 1));
      return config.snapshot();
    });
    // 200 copies of 50 000 keys would be hundreds of megabytes
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(60 * 1024 * 1024);
    expect(held.map((snapshot) => snapshot.get('tick')).join()).toBe(Array.from({ length: 200 }, (_, i) => String(i + 1)).join());
    expect(held[0]!.get('key.49999')).toBe('value');
  });

  it('does not mark keys as read', () => {
    const { config } = rig([values({ a: '1' })]);
    config.snapshot().get('a');
    config.snapshot().get('b');
    expect(config.usage()).toEqual({ read: [], missing: [], unused: ['a'] });
  });
});

describe('the shelf of snapshots', () => {
  it('forgets those that nobody holds any more', async () => {
    const shelf = new SnapshotShelf();
    const live = { value: () => undefined, listed: () => [] };
    const kept = shelf.take(1, live);
    (() => {
      for (let version = 2; version < 100; version++) shelf.take(version, live);
    })();
    expect(await afterGc(() => shelf.alive().length <= 2)).toBe(true);
    expect(shelf.alive()).toContain(kept);
    expect(kept).toBeInstanceOf(LiveSnapshot);
  });
});
