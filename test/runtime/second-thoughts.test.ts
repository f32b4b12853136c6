import { describe, expect, it, vi } from 'vitest';
import { type FullReading, memory, type Memory, polled, type Source, type SourceHost } from '../../src/index.js';
import { Feed, rig, until } from './rig.js';

const minBelowMax = (candidate: { get(key: string): string | undefined }): void => {
  const [min, max] = [Number(candidate.get('min') ?? 0), Number(candidate.get('max') ?? 1)];
  if (min > max) throw new Error(`min ${min} is above max ${max}`);
};

describe('a reading that a guard refused', () => {
  it('is taken when another layer has moved so that it passes, though its source says nothing more', async () => {
    const [min, max] = [new Feed('min'), new Feed('max')];
    const { config, codes } = rig([min, max], { guards: [minBelowMax] });
    min.full({ min: '5' });
    await until(() => codes().length === 1);
    expect([codes(), config.has('min'), config.health().layers[0]!.state]).toEqual([['CALUMMA_GUARD'], false, 'failed']);
    max.full({ max: '9' });
    await until(() => config.get('min') === '5');
    expect(config.health().layers.map(({ state }) => state)).toEqual(['live', 'live']);
    await config.close();
  });

  it('is taken so in a local layer too', async () => {
    const [min, max] = [memory({ min: '1' }, { name: 'min' }), memory({ max: '2' }, { name: 'max' })];
    const { config, codes } = rig([min, max], { guards: [minBelowMax] });
    min.set('min', '5');
    expect([codes(), config.get('min')]).toEqual([['CALUMMA_GUARD'], '1']);
    max.set('max', '9');
    await until(() => config.get('min') === '5');
    await config.close();
  });

  it('is taken when it passes by the time its source confirms it', async () => {
    let isClosed = true;
    let host: SourceHost | undefined;
    const source: Source = {
      name: 'store',
      async *readings(signal, given) {
        host = given;
        yield { kind: 'full', entries: new Map([['a', '1']]) };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
    const { config, codes } = rig([source], { guards: [() => { if (isClosed) throw new Error('not now'); }] });
    await until(() => codes().length === 1);
    host!.confirm();
    expect(config.has('a')).toBe(false);
    isClosed = false;
    host!.confirm();
    await until(() => config.get('a') === '1');
    expect([codes(), config.health().state]).toEqual([['CALUMMA_GUARD'], 'live']);
    await config.close();
  });

  it('never comes after what its source has said since', async () => {
    const [min, max] = [new Feed('min'), memory({ max: '2' }, { name: 'max' })];
    const { config, codes } = rig([min, max], { guards: [minBelowMax] });
    min.full({ min: '1' });
    await until(() => config.get('min') === '1');
    min.full({ min: '5' });
    await until(() => codes().length === 1);
    max.set('max', '9');
    min.full({ min: '2' });
    await until(() => config.get('min') === '2');
    max.set('max', '10');
    await new Promise((resolve) => setTimeout(resolve, 200)); // twice the time after which it would be tried again
    expect(config.get('min')).toBe('2');
    await config.close();
  });

  it('does not move a layer while a large reading is worked out against it', async () => {
    const large = (value: string, from = 0): Record<string, string> => Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`k${from + index}`, value]));
    const [min, max] = [new Feed('min'), memory({ max: '2' }, { name: 'max' })];
    const { config, codes } = rig([{ source: min, massRemoval: 'allow' }, max], { guards: [minBelowMax] });
    const property = config.getStringProperty('only.refused', 'unset');
    min.full({ min: '1' });
    await until(() => config.has('min'));
    min.full({ min: '5', 'only.refused': 'seen' });
    await until(() => codes().length === 1);
    max.set('max', '9'); // the refused one will be offered again soon, while this one is worked out
    for (let round = 0; round < 8; round++) {
      min.full({ ...large(String(round), round), min: '2' });
      await until(() => config.get(`k${round}`) === String(round));
    }
    expect([property.get(), config.has('only.refused'), config.keys().length]).toEqual(['unset', false, 30_002]);
    await config.close();
  });

  it('does not come back in a layer that was taken out meanwhile', async () => {
    const [min, max] = [new Feed('min'), memory({ max: '2' }, { name: 'max' })];
    const { config, codes } = rig([min, max], { guards: [minBelowMax] });
    min.full({ min: '5' });
    await until(() => codes().length === 1);
    max.set('max', '9');
    config.removeLayer('min');
    await new Promise((resolve) => setTimeout(resolve, 200)); // twice the time after which it would be tried again
    expect([config.has('min'), config.keys()]).toEqual([false, ['max']]);
    await config.close();
  });

  it('is taken when it was too large, and another layer has shrunk', async () => {
    const [one, two] = [new Feed('one'), memory({ two: 'x'.repeat(80) }, { name: 'two' })];
    const { config, codes } = rig([one, two], { maxBytes: 100 });
    one.full({ one: 'x'.repeat(50) });
    await until(() => codes().length === 1);
    two.set('two', 'x');
    await until(() => config.has('one'));
    expect(codes()).toEqual(['CALUMMA_TOO_LARGE']);
    await config.close();
  });
});

describe('refresh(), called all the time', () => {
  it('lets readings in, and reads one at a time', async () => {
    let loads = 0;
    let atOnce = 0;
    const source = polled('slow', async () => {
      expect(++atOnce).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      atOnce--;
      return { load: String(++loads) };
    }, { everyMs: 60_000 });
    const { config } = rig([source]);
    await config.ready();
    const storm = setInterval(() => void config.refresh(), 2);
    await until(() => Number(config.get('load')) >= 5);
    clearInterval(storm);
    const before = loads;
    await Promise.all([config.refresh(), config.refresh(), config.refresh()]);
    expect(loads).toBeLessThanOrEqual(before + 3);
    await config.close();
  });
});

describe('a feed that speaks and breaks at once', () => {
  it('is opened with growing pauses, not over and over', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.999);
    try {
      const feed = new Feed();
      const { config } = rig([feed]);
      for (let round = 0; round < 6; round++) {
        feed.full({ a: String(round) });
        feed.lose(new Error('stream closed'));
      }
      await until(() => config.get('a') === '2');
      const { nextTry } = config.health().layers[0]!;
      const pause = (nextTry?.getTime() ?? 0) - Date.now();
      expect(pause).toBeGreaterThan(400); // the third of 200, 400, 800 ms
      await config.close();
    } finally {
      chance.mockRestore();
    }
  });
});

describe('a layer that is taken out', () => {
  it('leaves what its memory holds as it was, also where deletions are ignored', async () => {
    let held: FullReading | undefined;
    const notebook: Memory = { recall: () => undefined, keep: (reading) => void (held = reading), close: () => Promise.resolve() };
    const feed = Object.assign(new Feed(), { memory: notebook });
    const { config } = rig([{ source: feed, deletes: 'ignore' }]);
    feed.full({ a: '1' });
    feed.patch({ b: '2' });
    await until(() => config.has('b'));
    config.removeLayer('feed');
    expect(Object.fromEntries(held!.entries)).toEqual({ a: '1', b: '2' });
    await config.close();
  });
});

describe('the place of a value', () => {
  it('is the one that its last full reading tells, not of a memory before it', async () => {
    const remembered: FullReading = { kind: 'full', entries: new Map([['a', '1']]), version: 'v1', locate: (key) => `cache:${key}` };
    const feed = Object.assign(new Feed(), { memory: { recall: () => remembered, keep: () => undefined, close: () => Promise.resolve() } });
    const { config } = rig([feed]);
    expect(config.explain('a').winner?.origin).toBe('cache:a');
    feed.full({ a: '1' });
    await until(() => config.health().state === 'live');
    expect([config.explain('a').winner?.origin, config.health().layers[0]!.version]).toEqual(['feed:a', undefined]);
    await config.close();
  });
});
