import { describe, expect, it, vi } from 'vitest';
import { ConfigError, type Reading, type Source, SourceError } from '../../src/index.js';
import { nextDelay } from '../../src/runtime/backoff.js';
import { Feed, rig, until } from './rig.js';

describe('the pause before the next try', () => {
  it.each([
    [0, 0.5, 50], [1, 0.5, 100], [2, 0.5, 200], [3, 0.5, 400], [5, 0.5, 1_600], [6, 0.5, 2_500], [7, 0.5, 2_500], [1_000, 0.5, 2_500],
    [1, 0, 0], [10, 0, 0], [1, 0.999_999, 200], [10, 0.999_999, 5_000], [Number.MAX_SAFE_INTEGER, 0.999_999, 5_000],
  ])('after %i tries, by chance %f, is %i ms: full jitter, doubling, never above 5 s', (attempt, chance, ms) => {
    expect(nextDelay(attempt, () => chance)).toBe(ms);
  });
});

describe('a source whose feed is lost', () => {
  it('is read again; the values stay, the error is told once while it repeats, and recovery is told', async () => {
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.01);
    try {
      const feed = new Feed();
      const { config, errors } = rig([feed]);
      const states: string[] = [];
      config.on('state', ({ state }) => states.push(state));
      feed.full({ a: '1' });
      await until(() => config.get('a') === '1');
      const cause = new Error('connection reset');
      for (let i = 0; i < 4; i++) feed.lose(cause);
      await until(() => feed.starts === 5);
      expect([config.get('a'), errors.length, states]).toEqual(['1', 1, ['live', 'stale']]);
      expect(errors[0]).toBeInstanceOf(SourceError);
      expect(errors[0]).toMatchObject({ code: 'CALUMMA_SOURCE', message: 'feed: the source failed: connection reset', cause });
      feed.full({ a: '2' });
      await until(() => config.get('a') === '2');
      expect(states).toEqual(['live', 'stale', 'live']);
      feed.lose(cause);
      await until(() => errors.length === 2);
      feed.lose(new Error('another'));
      await until(() => errors.length === 3);
      await config.close();
    } finally {
      chance.mockRestore();
    }
  });

  it.each<[string, unknown, string]>([
    ['a ConfigError', new ConfigError('CALUMMA_FORMAT', 'line 3'), 'line 3'],
    ['a text', 'just lost', 'feed: the source failed: just lost'],
    ['undefined', undefined, 'feed: the source failed: undefined'],
  ])('may throw %s', async (_, thrown, message) => {
    const feed = new Feed();
    const { config, errors } = rig([feed]);
    feed.lose(thrown);
    await until(() => errors.length === 1);
    expect([errors[0]!.message, config.health().layers[0]!.state]).toEqual([message, 'failed']);
    await config.close();
  });

  it('does not disturb the other layers', async () => {
    const [bad, good] = [new Feed('bad'), new Feed('good')];
    const { config } = rig([bad, good]);
    bad.lose(new Error('down'));
    good.full({ a: '1' });
    await until(() => config.get('a') === '1');
    expect(config.health().layers.map((layer) => layer.state)).toEqual(['failed', 'live']);
    await config.close();
  });
});

describe('a source that breaks the contract', () => {
  it.each<[string, unknown, string]>([
    ['null', null, "a reading of kind 'full' or 'patch', found null"],
    ['undefined', undefined, "a reading of kind 'full' or 'patch', found a value of type undefined"],
    ['a text', 'a=1', "a reading of kind 'full' or 'patch', found a value of type string"],
    ['an array', [], "a reading of kind 'full' or 'patch', found another object"],
    ['a plain object', { a: '1' }, "a reading of kind 'full' or 'patch', found another object"],
    ['an unknown kind', { kind: 'delta', entries: new Map() }, "a reading of kind 'full' or 'patch', found another object"],
    ['no entries', { kind: 'full' }, 'a Map of entries, found a value of type undefined'],
    ['an object of entries', { kind: 'full', entries: { a: '1' } }, 'a Map of entries, found a value of type object'],
    ['a null value', { kind: 'full', entries: new Map([['b', '2'], ['a', null]]) }, 'a string for "a", found null'],
    ['a number', { kind: 'full', entries: new Map([['a', 5]]) }, 'a string for "a", found a value of type number'],
    ['a list', { kind: 'full', entries: new Map([['a', ['x']]]) }, 'a string for "a", found an array'],
    ['a key that is no text', { kind: 'full', entries: new Map([[5, 'a']]) }, 'keys that are strings, found a value of type number'],
    ['a patch without set', { kind: 'patch', remove: new Set() }, 'a Map of entries, found a value of type undefined'],
    ['a patch without remove', { kind: 'patch', set: new Map([['a', '9']]) }, 'a Set of removed keys, found a value of type undefined'],
    ['a patch with a list to remove', { kind: 'patch', set: new Map(), remove: ['a'] }, 'a Set of removed keys, found an array'],
    ['a patch with a null', { kind: 'patch', set: new Map([['a', null]]), remove: new Set() }, 'a string for "a", found null'],
  ])('by giving %s: refused as a whole, the last good reading stays', async (_, reading, message) => {
    const feed = new Feed();
    const { config, errors } = rig([feed]);
    feed.full({ a: '1', c: '3' });
    feed.say(reading);
    await until(() => errors.length === 1);
    expect(errors[0]).toMatchObject({ code: 'CALUMMA_READING', message: `feed: expected ${message}; the reading is refused` });
    expect([Object.fromEntries(config.entries()), config.health().layers[0]!.state]).toEqual([{ a: '1', c: '3' }, 'stale']);
    feed.patch({ a: '2' });
    await until(() => config.get('a') === '2');
    expect([config.get('c'), config.health().state]).toEqual(['3', 'live']);
    await config.close();
  });

  it('by ending without a reading: failed, and ready() knows', async () => {
    const feed = new Feed();
    const { config, errors } = rig([{ source: feed, required: true }]);
    feed.end();
    await until(() => errors.length === 1);
    expect(errors[0]!.message).toBe('feed: expected a reading, found that the source ended without one');
    await expect(config.ready({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'CALUMMA_NOT_READY' });
    expect(feed.starts).toBe(1);
  });

  it('by ending after a reading: it has said all it will say, and stays live', async () => {
    const feed = new Feed();
    const { config, errors } = rig([feed]);
    feed.full({ a: '1' });
    feed.end();
    await config.ready();
    await until(() => feed.open === 0);
    expect([config.health().state, feed.starts, errors]).toEqual(['live', 1, []]);
  });

  it('by ignoring its signal: nothing of it arrives after close()', async () => {
    let resume: () => void = () => undefined;
    const deaf: Source = {
      name: 'deaf',
      async *readings() {
        for (let i = 1; ; i++) {
          yield { kind: 'full', entries: new Map([['a', String(i)]]) };
          await new Promise<void>((resolve) => (resume = resolve));
        }
      },
    };
    const { config } = rig([deaf]);
    await config.ready();
    await config.close();
    resume();
    await new Promise((resolve) => setImmediate(resolve));
    expect(config.get('a')).toBe('1');
  });

  it.each<[string, Partial<Source>]>([
    ['readings() throws', { readings: () => { throw new Error('at once'); } }],
    ['readings() gives nothing', { readings: () => undefined as never }],
    ['readings() gives a promise', { readings: () => Promise.resolve() as never }],
    ['readNow() throws', { readNow: () => { throw new Error('now'); } }],
    ['readNow() gives a promise', { readNow: () => Promise.resolve() as never }],
    ['attach() throws', { attach: () => { throw new Error('attach'); } }],
  ])('because %s: createConfig does not throw, the layer has failed', async (_, broken) => {
    const { config, errors } = rig([{ name: 'broken', readings: (signal) => new Feed().readings(signal), ...broken }]);
    await until(() => errors.length >= 1);
    expect(config.health().layers[0]!.state).toBe('failed');
    await config.close();
  });

  it('by saying the same thing again: fresher, not different', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    feed.full({ a: '1' }, { version: 'one' });
    feed.full({ a: '1' }, { version: 'two' });
    await until(() => config.health().layers[0]!.version === 'two');
    expect(config.version).toBe(1);
    await config.close();
  });
});

describe('what the runtime lends to a source', () => {
  it('is the context, fail() which keeps the last good reading, and warn() which only tells', () => {
    let say: ((reading: Reading) => void) | undefined;
    let host: Parameters<NonNullable<Source['readNow']>>[0];
    const source: Source = {
      name: 'local',
      readNow: (lent) => {
        host = lent;
        return { kind: 'full', entries: new Map([['a', '1']]) };
      },
      attach: (emit) => {
        say = emit;
        return () => undefined;
      },
      readings: (signal) => new Feed().readings(signal),
    };
    const { config, codes } = rig([source], { context: { region: 'eu' } });
    expect(host!.context.region).toBe('eu');
    host!.warn(new ConfigError('CALUMMA_SHADOWED_KEY', 'twice'));
    expect(config.health().state).toBe('live');
    host!.fail(new ConfigError('CALUMMA_FORMAT', 'broken'));
    expect([config.health().state, config.get('a'), codes()]).toEqual(['stale', '1', ['CALUMMA_SHADOWED_KEY', 'CALUMMA_FORMAT']]);
    say!({ kind: 'full', entries: new Map([['a', '2']]) });
    expect([config.health().state, config.get('a')]).toEqual(['live', '2']);
  });
});

describe('refresh() of a remote layer', () => {
  it('does not wait longer than the deadline of the layer', async () => {
    const feed = new Feed();
    const { config } = rig([{ source: feed, maxStalenessMs: 20 }]);
    feed.full({ a: '1' });
    await config.ready();
    await config.refresh();
    expect([feed.starts, config.get('a')]).toEqual([2, '1']);
    await config.close();
  });

  it('resolves when what was read anew is in, not when the reading before it was given up', async () => {
    let reads = 0;
    const answers: (() => void)[] = [];
    const source: Source = {
      name: 'slow',
      async *readings(signal) {
        const read = ++reads;
        if (read > 1) await new Promise<void>((resolve) => answers.push(resolve));
        yield { kind: 'full', entries: new Map([['read', String(read)]]) };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
    const { config } = rig([source]);
    await config.ready();
    let isDone = false;
    const done = config.refresh().then(() => (isDone = true));
    await until(() => answers.length === 1);
    expect([isDone, config.get('read')]).toEqual([false, '1']);
    answers[0]!();
    await done;
    expect(config.get('read')).toBe('2');
    await config.close();
  });
});
