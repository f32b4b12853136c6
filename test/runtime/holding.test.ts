import { describe, expect, it } from 'vitest';
import { memory, type Unsubscribe } from '../../src/index.js';
import { afterGc, rig } from './rig.js';

/** How many of the properties made by an inline parser still follow the key: each parses what is set. */
function setup() {
  const feed = memory({ a: '0', b: '0' });
  const { config } = rig([feed]);
  const parsers = { calls: 0 };
  let n = 0;
  return {
    config,
    make: (key = 'a') => config.getProperty(key, (text) => (parsers.calls++, Number(text)), 0),
    /** The number of properties of `a` that a change reaches. */
    reached: () => {
      const before = parsers.calls;
      feed.set('a', String(++n));
      return parsers.calls - before;
    },
  };
}

// Archaius keeps every property and every callback for ever.
describe('a property made with a parser written at the call', () => {
  it('is forgotten when nobody holds it', async () => {
    const { make, reached } = setup();
    for (let i = 0; i < 50; i++) make();
    expect(await afterGc(() => reached() === 0)).toBe(true);
  });

  it('stays while somebody holds it', async () => {
    const { make, reached } = setup();
    const held = make();
    for (let i = 0; i < 50; i++) make();
    expect(await afterGc(() => reached() === 1)).toBe(true);
    expect(held.get()).toBeGreaterThan(0);
  });

  it('stays while somebody listens to it, and not longer', async () => {
    const { make, reached } = setup();
    const heard: number[] = [];
    let end: Unsubscribe | undefined = make().onChange((now) => heard.push(now));
    expect(await afterGc(() => reached() === 0)).toBe(false);
    expect(heard.length).toBeGreaterThan(10);
    end();
    end = undefined; // it knows its property
    expect(await afterGc(() => reached() === 0)).toBe(true);
  });

  it('stays while somebody listens to what is derived from it, however long the chain', async () => {
    const { config, make, reached } = setup();
    const heard: number[] = [];
    let end: Unsubscribe | undefined = make().map((value) => value * 2).orElse(config.getIntProperty('b', 0)).map((value) => value + 1).onChange((now) => heard.push(now));
    expect(await afterGc(() => reached() === 0)).toBe(false);
    expect(heard.at(-1)! % 2).toBe(1);
    end();
    end = undefined; // it knows its property
    expect(await afterGc(() => reached() === 0)).toBe(true);
  });

  it('stays while somebody holds what is derived from it', async () => {
    const { make, reached } = setup();
    const derived = make().map((value) => value * 2);
    expect(await afterGc(() => reached() === 0)).toBe(false);
    expect(derived.get()).toBeGreaterThan(0);
  });
});

describe('a derived property', () => {
  it('is forgotten when nobody holds it and nobody listens', async () => {
    const feed = memory({ a: '0' });
    const { config } = rig([feed]);
    const a = config.getIntProperty('a', 0);
    let mapped = 0;
    for (let i = 0; i < 50; i++) a.map((value) => (mapped++, value));
    let n = 0;
    const forgotten = await afterGc(() => {
      const before = mapped;
      feed.set('a', String(++n));
      return mapped === before;
    });
    expect(forgotten).toBe(true);
  });
});

describe('deriving on each request', () => {
  it('costs the same whether few or many were derived before and not collected yet', () => {
    const { config } = rig([]);
    const [a, b] = [config.getIntProperty('a', 0), config.getIntProperty('b', 0)];
    const derive = (times: number): number => {
      const start = performance.now();
      for (let i = 0; i < times; i++) a.orElse(b);
      return performance.now() - start;
    };
    derive(1_000);
    const few = derive(2_000);
    // Quadratic, the second would cost some hundred times the first; whatever else the machine does meanwhile, one of three shows it.
    const many = Math.min(derive(40_000), derive(40_000), derive(40_000));
    expect(many).toBeLessThan(Math.max(few, 5) * 100);
  });
});

describe('an iterator over changes()', () => {
  it('leaves no listener behind when its loop ends', async () => {
    const { make, reached } = setup();
    await make().changes().return?.();
    expect(await afterGc(() => reached() === 0)).toBe(true);
  });
});
