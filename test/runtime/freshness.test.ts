import { describe, expect, it, vi } from 'vitest';
import { polled, type Reading, type Source, type SourceHost, SourceError } from '../../src/index.js';
import { nextDelay } from '../../src/runtime/backoff.js';
import { Feed, rig, until } from './rig.js';

/** A source that shows the host it was given. */
function shown(first: Reading = { kind: 'full', entries: new Map([['a', '1']]), version: 'v1' }): { source: Source; host: () => SourceHost } {
  let given: SourceHost | undefined;
  return {
    host: () => given!,
    source: {
      name: 'shown',
      async *readings(signal, host) {
        given = host;
        yield first;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    },
  };
}

function at<T>(ms: number, look: () => T): T {
  const now = vi.spyOn(Date, 'now').mockReturnValue(ms);
  try {
    return look();
  } finally {
    now.mockRestore();
  }
}

describe('a source that says that what it has read still stands', () => {
  it('keeps its layer young without a publish; its silence breaks the deadline, a live one too', async () => {
    const { source, host } = shown();
    const { config } = rig([{ source, maxStalenessMs: 1_000 }]);
    await config.ready();
    const start = Date.now();
    const version = config.version;
    // Nobody knows yet whether this one speaks only of news.
    expect(at(start + 5_000, () => config.health().layers[0])).toMatchObject({ state: 'live', overdue: false });
    at(start + 5_000, () => host().confirm());
    expect(at(start + 5_500, () => config.health().layers[0])).toMatchObject({ state: 'live', ageMs: 500, overdue: false });
    expect(at(start + 6_001, () => config.health().layers[0])).toMatchObject({ state: 'live', ageMs: 1_001, overdue: true });
    expect(config.version).toBe(version);
    await config.close();
  });

  it('is live again after what it could not use is gone', async () => {
    const { source, host } = shown();
    const { config } = rig([source]);
    await config.ready();
    const states: string[] = [];
    config.on('state', ({ state }) => states.push(state));
    host().fail(new SourceError('shown: expected YAML, found HTML'));
    host().confirm();
    expect(states).toEqual(['stale', 'live']);
    await config.close();
  });

  it('cannot confirm what was refused, and is told the version that was accepted', async () => {
    const feed = new Feed();
    let host: SourceHost | undefined;
    const { config, codes } = rig([{ name: 'feed', readings: (signal, given) => ((host = given), feed.readings(signal)) }], {
      guards: [(candidate) => { if (candidate.get('a') === 'bad') throw new Error('no'); }],
    });
    feed.full({ a: '1' }, { version: 'v1' });
    await until(() => config.has('a'));
    feed.full({ a: 'bad' }, { version: 'v2' });
    await until(() => codes().length === 1);
    host!.confirm();
    expect([host!.version, config.health().layers[0]!.state]).toEqual(['v1', 'stale']);
    await config.close();
  });

  it('knows how much its layer may hold', async () => {
    const [one, two] = [shown(), shown()];
    const { config } = rig([{ source: one.source, name: 'one', maxBytes: '1KB' }, two.source], { maxBytes: 5_000 });
    expect([one.host().maxBytes, two.host().maxBytes]).toEqual([1_024, 5_000]);
    await config.close();
  });
});

it('a polled source that has nothing new keeps its layer young', async () => {
  let polls = 0;
  const { config } = rig([polled('quiet', (_, previous) => (polls++, previous ?? { kind: 'full', entries: new Map([['a', '1']]) }), { everyMs: 1 })]);
  await config.ready();
  await until(() => polls > 2);
  expect(at(Date.now() + 60_000, () => config.health().layers[0]!.overdue)).toBe(true);
  expect(config.version).toBe(1);
  await config.close();
});

describe('the lag', () => {
  it('is the time from a write to its publish; what was written before we looked has none', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    feed.full({ a: '1' }, { writtenAt: 1_000 });
    await until(() => config.has('a'));
    expect(config.health().layers[0]!.lagMs).toBeUndefined();
    const written = Date.now() - 40;
    feed.full({ a: '2' }, { writtenAt: written });
    await until(() => config.get('a') === '2');
    const lag = config.health().layers[0]!.lagMs!;
    expect([lag >= 40, lag < 10_000]).toEqual([true, true]);
    feed.full({ a: '2' }, { writtenAt: written - 5_000 });
    feed.full({ a: '3' }, { writtenAt: Date.now() + 5_000 });
    await until(() => config.get('a') === '3');
    expect(config.health().layers[0]!.lagMs).toBe(0); // a clock that is ahead of ours
    await config.close();
  });
});

describe('a source that asks to be left alone', () => {
  it.each([
    [1, 0, 700, 700], [1, 0.5, 50, 100], [1, 0, 60_000, 5_000], [10, 0.999_999, 100, 5_000], [1, 0, 0, 0],
  ])('after %i tries, by chance %f, asked for %i ms, is left alone for %i ms', (attempt, chance, asked, ms) => {
    expect(nextDelay(attempt, () => chance, asked)).toBe(ms);
  });

  it.each([
    [20, 0.999_999, 1_000, 1_000], [1, 0.5, 1_000, 100], [20, 0.999_999, 60_000, 5_000],
  ])('after %i tries, by chance %f, offering to be asked within %i ms, is asked after %i ms', (attempt, chance, offered, ms) => {
    expect(nextDelay(attempt, () => chance, 0, offered)).toBe(ms);
  });

  it('is asked no sooner, and health() tells when', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    const before = Date.now();
    feed.lose(new SourceError('feed: 403', { retryAfterMs: 3_600_000 }));
    await until(() => config.health().layers[0]!.nextTry !== undefined);
    expect(config.health().layers[0]!.nextTry!.getTime()).toBeGreaterThanOrEqual(before + 5_000);
    await config.close();
  });
});
