import { describe, expect, it, vi } from 'vitest';
import { ConfigError, type FullReading, type Memory, type RememberedReading } from '../../src/index.js';
import { Feed, rig, until } from './rig.js';

/** A memory that can be looked into. */
class Notebook implements Memory {
  readonly kept: Record<string, string>[] = [];
  closed = 0;
  readonly #remembered: RememberedReading | undefined;
  readonly #problem: ConfigError | undefined;

  constructor(record?: Readonly<Record<string, string>>, about: Partial<RememberedReading> = {}, problem?: ConfigError) {
    this.#remembered = record && { kind: 'full', entries: new Map(Object.entries(record)), ...about };
    this.#problem = problem;
  }

  recall(tell: (problem: ConfigError) => void): RememberedReading | undefined {
    if (this.#problem !== undefined) tell(this.#problem);
    return this.#remembered;
  }

  keep(held: FullReading): void {
    this.kept.push(Object.fromEntries(held.entries));
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

function remembering(notebook: Notebook, feed = new Feed()): Feed & { memory: Memory } {
  return Object.assign(feed, { memory: notebook });
}

const asleep = { timeoutMs: 60_000 };

describe('a remote layer that an earlier run has kept', () => {
  it('answers at once, is stale, and tells its age from when it was kept', async () => {
    const keptAt = Date.now() - 60_000;
    const feed = remembering(new Notebook({ a: '1' }, { version: 'v1', keptAt }));
    const { config, errors } = rig([feed]);
    expect(config.get('a')).toBe('1');
    const [layer] = config.health().layers;
    expect(layer).toMatchObject({ state: 'stale', remembered: true, version: 'v1', keys: 1, overdue: true });
    expect(layer!.ageMs).toBeGreaterThanOrEqual(60_000);
    expect(errors).toEqual([]);
    await config.close();
  });

  it('moves to what is live, and only the differences are told', async () => {
    const feed = remembering(new Notebook({ a: '1', b: '1' }));
    const { config } = rig([feed]);
    const told = vi.fn();
    config.on('change', ({ changes }) => told(changes.map(({ key, before, after }) => [key, before, after])));
    feed.full({ a: '1', b: '2' });
    await until(() => config.get('b') === '2');
    expect(told.mock.calls).toEqual([[[['b', '1', '2']]]]);
    expect(config.health().layers[0]).toMatchObject({ state: 'live', remembered: false, overdue: false });
    await config.close();
  });

  it('is not enough for ready() while the first try is under way, and is once that has failed', async () => {
    const feed = remembering(new Notebook({ a: '1' }));
    const { config } = rig([{ source: feed, required: true }]);
    let isReady = false;
    const ready = config.ready(asleep).then(() => (isReady = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isReady).toBe(false);
    feed.lose(new Error('unreachable'));
    await ready;
    expect([config.get('a'), config.health().state]).toEqual(['1', 'stale']);
    await config.close();
  });

  it('is enough for ready() when the timeout has passed, also where the layer is required', async () => {
    const { config } = rig([{ source: remembering(new Notebook({ a: '1' })), required: true }]);
    await config.ready({ timeoutMs: 1 });
    expect(config.get('a')).toBe('1');
    await config.close();
  });

  it('is live when the source says that it still stands', async () => {
    const notebook = new Notebook({ a: '1' }, { version: 'v1' });
    let version: string | undefined;
    const { config } = rig([{
      name: 'asked',
      memory: notebook,
      async *readings(signal, host) {
        version = host?.version;
        host?.confirm();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    }]);
    await config.ready(asleep);
    expect([version, config.get('a'), config.health().layers[0]]).toMatchObject(['v1', '1', { state: 'live', remembered: false }]);
    await config.close();
  });

  it('keeps what a live reading would mostly remove, until it is said twice', async () => {
    const record = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, '1']));
    const feed = remembering(new Notebook(record));
    const { config, codes } = rig([feed]);
    feed.full({});
    await until(() => codes().length === 1);
    expect([codes(), config.keys().length]).toEqual([['CALUMMA_MASS_REMOVAL'], 20]);
    await config.close();
  });

  it('says why it cannot be used, and the defaults serve', async () => {
    const problem = new ConfigError('CALUMMA_CACHE', 'damaged');
    const { config, errors } = rig([remembering(new Notebook(undefined, {}, problem))]);
    expect([config.getIntProperty('a', 7).get(), errors, config.health().state]).toEqual([7, [problem], 'loading']);
    await config.close();
  });

  it('is read from disk once, though a guard refuses it until another layer has recalled too', async () => {
    let recalls = 0;
    const counted = (record: Record<string, string>): Memory => Object.assign(new Notebook(record), { recall: () => (recalls++, { kind: 'full' as const, entries: new Map(Object.entries(record)) }) });
    const [min, max] = [Object.assign(new Feed('min'), { memory: counted({ min: '5' }) }), Object.assign(new Feed('max'), { memory: counted({ max: '9' }) })];
    const { config, codes } = rig([min, max], { guards: [(candidate) => { if (Number(candidate.get('min') ?? 0) > Number(candidate.get('max') ?? 1)) throw new Error('no'); }] });
    expect([config.get('min'), config.get('max'), codes(), recalls]).toEqual(['5', '9', [], 2]);
    await config.close();
  });

  it('is dropped when a guard refuses it', async () => {
    const { config, codes } = rig([remembering(new Notebook({ a: 'bad' }))], {
      guards: [(candidate) => { if (candidate.get('a') === 'bad') throw new Error('no'); }],
    });
    expect([config.get('a'), codes(), config.health().state]).toEqual([undefined, ['CALUMMA_GUARD'], 'loading']);
    await config.close();
  });
});

describe('what a remote layer holds', () => {
  it('is kept after each reading that was accepted, whole, and never one that was refused', async () => {
    const notebook = new Notebook();
    const feed = remembering(notebook);
    const { config, codes } = rig([feed], { guards: [(candidate) => { if (candidate.get('a') === 'bad') throw new Error('no'); }] });
    feed.full({ a: '1' });
    feed.patch({ b: '2' });
    await until(() => config.get('b') === '2');
    feed.patch({ a: 'bad' });
    await until(() => codes().length === 1);
    expect(notebook.kept).toEqual([{ a: '1' }, { a: '1', b: '2' }]);
    await config.close();
    expect(notebook.closed).toBe(1);
  });

  it('is not kept for a local layer', async () => {
    const notebook = new Notebook({ a: 'old' });
    const { config } = rig([{ name: 'local', memory: notebook, readNow: () => ({ kind: 'full', entries: new Map([['a', 'now']]) }), async *readings() { /* says nothing more */ } }]);
    expect([config.get('a'), notebook.kept]).toEqual(['now', []]);
    await config.close();
  });
});
