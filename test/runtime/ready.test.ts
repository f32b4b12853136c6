import { describe, expect, it } from 'vitest';
import { ConfigError, createConfig, file, memory, once, type Source, values } from '../../src/index.js';
import { Feed, rig, until } from './rig.js';

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => undefined, (error: unknown) => error);
}

describe('ready()', () => {
  it('resolves at once when all layers are local', async () => {
    const { config } = rig([values({ a: '1' })]);
    expect(await config.ready({ timeoutMs: 0 })).toBe(config);
    expect(await rig([]).config.ready()).toBeDefined();
  });

  it('resolves when the last remote layer has a reading', async () => {
    const [one, two] = [new Feed('one'), new Feed('two')];
    const { config } = rig([one, two]);
    let isReady = false;
    const ready = config.ready({ timeoutMs: 60_000 }).then(() => (isReady = true));
    one.full({ a: '1' });
    await until(() => config.has('a'));
    expect(isReady).toBe(false);
    two.full({});
    await ready;
    await config.close();
  });

  it('names the required layers that have nothing when it gives up, and why', async () => {
    const [lost, silent, fine] = [new Feed('lost'), new Feed('silent'), new Feed('fine')];
    const { config } = rig([{ source: lost, required: true }, { source: silent, required: true }, { source: fine, required: true }]);
    const cause = new Error('ECONNREFUSED');
    lost.lose(cause);
    fine.full({});
    await until(() => config.health().layers[0]!.state === 'failed' && config.health().layers[2]!.state === 'live');
    const error = await rejection(config.ready({ timeoutMs: 1 }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      code: 'CALUMMA_NOT_READY',
      message: 'expected a reading of each required layer within 1 ms, found none of lost (lost: the source failed: ECONNREFUSED), silent (no answer yet)',
    });
    expect(((error as ConfigError).cause as ConfigError).cause).toBe(cause);
    await config.close();
  });

  it('resolves after the timeout when those without anything are optional', async () => {
    const { config } = rig([new Feed()]);
    expect(await config.ready({ timeoutMs: 1 })).toBe(config);
    await config.close();
  });

  it('waits for a layer that fails at first and then recovers', async () => {
    let tries = 0;
    const flaky = once('flaky', () => {
      if (++tries === 1) throw new Error('not yet');
      return { a: '1' };
    });
    const { config } = rig([{ source: flaky, required: true }]);
    await config.ready({ timeoutMs: 60_000 });
    expect([config.get('a'), tries]).toEqual(['1', 2]);
    await config.close();
  });

  it('does not wait for a local layer that failed, and fails if it is required', async () => {
    const broken: Source = {
      name: 'broken',
      readNow: () => {
        throw new Error('unreadable');
      },
      readings: (signal) => new Feed().readings(signal),
    };
    const optional = rig([broken]);
    await optional.config.ready({ timeoutMs: 2_000_000_000 });
    const required = rig([{ source: broken, required: true }]);
    expect(await rejection(required.config.ready({ timeoutMs: 2_000_000_000 }))).toMatchObject({ code: 'CALUMMA_NOT_READY' });
    await Promise.all([optional.config.close(), required.config.close()]);
  });

  it('takes a file that is not there for an empty layer', async () => {
    const { config } = rig([file('/nowhere/application.properties', { watch: false })]);
    await config.ready({ timeoutMs: 60_000 });
    expect(config.keys()).toEqual([]);
    await config.close();
  });

  it('rejects with the reason of its signal', async () => {
    const { config } = rig([new Feed()]);
    const reason = new Error('shutting down');
    const controller = new AbortController();
    const ready = rejection(config.ready({ timeoutMs: 60_000, signal: controller.signal }));
    controller.abort(reason);
    expect(await ready).toBe(reason);
    expect(await rejection(config.ready({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    await config.close();
  });

  it('waits without end with an infinite timeout', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    let isReady = false;
    const ready = config.ready({ timeoutMs: Infinity }).then(() => (isReady = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isReady).toBe(false);
    feed.full({});
    await ready;
    await config.close();
  });

  it('may be asked for again and again, and ends with close()', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    const both = [config.ready({ timeoutMs: 60_000 }), config.ready({ timeoutMs: 60_000 })];
    await config.close();
    await Promise.all(both);
    await config.ready();
  });
});

describe('refresh()', () => {
  it('reads one remote layer again and resolves when that reading is in', async () => {
    let reads = 0;
    const { config } = rig([once('counter', () => ({ reads: String(++reads) })), once('other', () => ({ a: '1' }))]);
    await config.ready();
    await config.refresh('counter');
    expect(config.get('reads')).toBe('2');
    await config.refresh();
    expect(config.get('reads')).toBe('3');
    await config.close();
  });

  it('resolves when the source fails, ends or says the same, and keeps what was there', async () => {
    let mode = 'speak';
    const source: Source = {
      name: 'moody',
      // eslint-disable-next-line @typescript-eslint/require-await -- a source is a generator
      async *readings() {
        if (mode === 'fail') throw new Error('moody');
        if (mode === 'speak') yield { kind: 'full', entries: new Map([['a', '1']]) };
      },
    };
    const { config, codes } = rig([source]);
    await config.ready();
    await config.refresh();
    mode = 'fail';
    await config.refresh();
    mode = 'end';
    await config.refresh();
    expect([config.get('a'), codes()]).toEqual(['1', ['CALUMMA_SOURCE']]);
    await config.close();
  });

  it('does nothing once the config is closed, and knows the layers by name', async () => {
    const { config } = rig([values({ a: '1' })]);
    expect(await rejection(config.refresh('nobody'))).toMatchObject({ code: 'CALUMMA_UNKNOWN_LAYER', message: 'expected one of the layers values, found "nobody"' });
    await config.close();
    await config.refresh();
  });
});

describe('a required layer without entries', () => {
  it('is not ready: a file that is not there gives nothing', async () => {
    const config = createConfig({ layers: [{ source: file('/nowhere/at-all.properties'), required: true }, memory({ a: '1' })], onError: () => undefined });
    await expect(config.ready({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'CALUMMA_NOT_READY', message: expect.stringContaining('at-all.properties (it has no entries)') as string });
    expect(config.get('a')).toBe('1');
    await config.close();
  });

  it('is ready once something has come', async () => {
    const feed = memory({});
    const config = createConfig({ layers: [{ source: feed, required: true }] });
    await expect(config.ready()).rejects.toMatchObject({ code: 'CALUMMA_NOT_READY' });
    feed.set('a', '1');
    await expect(config.ready()).resolves.toBe(config);
  });
});
