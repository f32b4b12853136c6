import { describe, expect, it, vi } from 'vitest';
import { values } from '../../src/index.js';
import { Feed, rig, until } from './rig.js';

describe('health()', () => {
  it('follows a layer from loading over live and stale to live again, and on("state") tells each step', async () => {
    const feed = new Feed();
    const { config } = rig([feed, values({ a: '1' })]);
    const states: string[] = [];
    config.on('state', ({ layer, state, before, error }) => states.push(`${layer}: ${before} -> ${state}${error === undefined ? '' : ` (${error.code})`}`));
    expect(config.health()).toMatchObject({ state: 'loading', layers: [{ name: 'feed', state: 'loading', lastSuccess: undefined, ageMs: undefined, keys: 0, bytes: 0 }, { state: 'live', keys: 1, bytes: 2 }] });
    feed.full({ a: '12' }, { version: 'v1' });
    await until(() => config.health().state === 'live');
    expect(config.health().layers[0]).toMatchObject({ state: 'live', version: 'v1', keys: 1, bytes: 3, overdue: false, lastError: undefined, nextTry: undefined });
    feed.lose(new Error('gone'));
    await until(() => config.health().state === 'stale');
    const stale = config.health().layers[0]!;
    expect(stale).toMatchObject({ state: 'stale', version: 'v1', keys: 1 });
    expect([stale.lastError?.code, config.get('a'), stale.ageMs! >= 0]).toEqual(['CALUMMA_SOURCE', '12', true]);
    await until(() => config.health().layers[0]!.nextTry !== undefined);
    feed.full({ a: '13' });
    await until(() => config.get('a') === '13');
    expect(config.health().layers[0]).toMatchObject({ state: 'live', nextTry: undefined });
    expect(states).toEqual(['feed: loading -> live', 'feed: live -> stale (CALUMMA_SOURCE)', 'feed: stale -> live']);
    await config.close();
  });

  it('is failed only when a required layer has nothing', async () => {
    const [needed, nice] = [new Feed('needed'), new Feed('nice')];
    const { config } = rig([{ source: needed, required: true }, nice]);
    nice.lose(new Error('down'));
    await until(() => config.health().layers[1]!.state === 'failed');
    expect(config.health().state).toBe('stale');
    needed.lose(new Error('down'));
    await until(() => config.health().state === 'failed');
    needed.full({});
    await until(() => config.health().state === 'stale');
    await config.close();
  });

  it('says that a layer is overdue when it has been out of touch for longer than its deadline', async () => {
    const feed = new Feed();
    const { config } = rig([{ source: feed, maxStalenessMs: '5s' }]);
    feed.full({ a: '1' });
    feed.lose(new Error('gone'));
    await until(() => config.health().layers[0]!.state === 'stale');
    const now = vi.spyOn(Date, 'now');
    try {
      const { lastSuccess } = config.health().layers[0]!;
      now.mockReturnValue(lastSuccess!.getTime() + 5_000);
      expect(config.health().layers[0]).toMatchObject({ overdue: false, ageMs: 5_000, maxStalenessMs: 5_000 });
      now.mockReturnValue(lastSuccess!.getTime() + 5_001);
      expect(config.health().layers[0]).toMatchObject({ overdue: true, ageMs: 5_001 });
    } finally {
      now.mockRestore();
    }
    await config.close();
  });

  it('measures the lag from when the content was written', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    const causes: unknown[] = [];
    config.on('change', (set) => causes.push(...set.causes));
    feed.full({ a: '1' }, { writtenAt: 5_000, version: 'e1' });
    await until(() => causes.length === 1);
    expect(causes).toEqual([{ layer: 'feed', writtenAt: new Date(5_000), version: 'e1' }]);
    await config.close();
  });
});
