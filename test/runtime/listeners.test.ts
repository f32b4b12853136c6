import { describe, expect, it } from 'vitest';
import { memory } from '../../src/index.js';
import { rig, until } from './rig.js';

function setup() {
  const feed = memory({ a: '0', b: '0' });
  const all = rig([feed]);
  return { ...all, feed, a: all.config.getIntProperty('a', 0), b: all.config.getIntProperty('b', 0) };
}

describe('a listener of a property', () => {
  it('runs in the order of subscription, with the value of now and the one before', () => {
    const { feed, a } = setup();
    const heard: string[] = [];
    for (const name of ['first', 'second', 'third']) a.onChange((now, before) => heard.push(`${name} ${before} -> ${now}`));
    feed.set('a', '1');
    expect(heard).toEqual(['first 0 -> 1', 'second 0 -> 1', 'third 0 -> 1']);
  });

  it('that throws or rejects is reported, and the others run', async () => {
    const { feed, a, errors } = setup();
    const heard: number[] = [];
    const cause = new Error('broken');
    a.onChange(() => {
      throw cause;
    });
    a.onChange(() => Promise.reject(cause));
    a.onChange(() => {
      throw 'a text'; // eslint-disable-line @typescript-eslint/only-throw-error -- listeners may
    });
    a.onChange((now) => heard.push(now));
    feed.set('a', '1');
    expect(heard).toEqual([1]);
    await until(() => errors.length === 3);
    expect(errors.map(({ code, message }) => `${code} ${message}`).sort()).toEqual([
      'CALUMMA_LISTENER a listener of a rejected: broken',
      'CALUMMA_LISTENER a listener of a threw: a text',
      'CALUMMA_LISTENER a listener of a threw: broken',
    ]);
    expect(errors.filter((error) => error.cause === cause)).toHaveLength(2);
  });

  it('is not waited for when it is asynchronous', () => {
    const { feed, a } = setup();
    a.onChange(() => new Promise(() => undefined));
    feed.set('a', '1');
    feed.set('a', '2');
    expect(a.get()).toBe(2);
  });

  it('added twice is called twice, and each subscription ends alone', () => {
    const { feed, a } = setup();
    const heard: number[] = [];
    const listener = (now: number): unknown => heard.push(now);
    const end = a.onChange(listener);
    a.onChange(listener);
    feed.set('a', '1');
    end();
    end();
    feed.set('a', '2');
    expect(heard).toEqual([1, 1, 2]);
  });

  it('with immediate is called at once, and may end itself by its signal there', () => {
    const { feed, a } = setup();
    const heard: unknown[] = [];
    a.onChange((now, before) => heard.push([now, before]), { immediate: true });
    expect(heard).toEqual([[0, 0]]);
    const controller = new AbortController();
    a.onChange((now) => {
      heard.push(now);
      controller.abort();
    }, { immediate: true, signal: controller.signal });
    feed.set('a', '1');
    expect(heard).toEqual([[0, 0], 0, [1, 0]]);
  });

  it('ends with its signal, with unsubscribe, with using, and never starts with a signal that has aborted', () => {
    const { feed, a } = setup();
    const heard: string[] = [];
    const controller = new AbortController();
    a.onChange(() => heard.push('signal'), { signal: controller.signal });
    a.onChange(() => heard.push('aborted'), { signal: AbortSignal.abort(), immediate: true });
    const end = a.onChange(() => heard.push('ended'));
    const disposable = a.onChange(() => heard.push('disposed'));
    feed.set('a', '1');
    controller.abort();
    end();
    disposable[Symbol.dispose]();
    feed.set('a', '2');
    expect(heard).toEqual(['signal', 'ended', 'disposed']);
  });

  it('that is taken off while others run is not called any more', () => {
    const { feed, a, b } = setup();
    const heard: string[] = [];
    a.onChange(() => {
      endNext();
      endOther();
    });
    const endNext = a.onChange(() => heard.push('next'));
    const endOther = b.onChange(() => heard.push('other'));
    a.onChange(() => heard.push('last'));
    feed.replace({ a: '1', b: '1' });
    expect(heard).toEqual(['last']);
  });

  it('that takes itself off leaves the others in their order', () => {
    const { feed, a } = setup();
    const heard: string[] = [];
    const end = a.onChange(() => {
      heard.push('once');
      end();
    });
    a.onChange(() => heard.push('second'));
    a.onChange(() => heard.push('third'));
    feed.set('a', '1');
    feed.set('a', '2');
    expect(heard).toEqual(['once', 'second', 'third', 'second', 'third']);
  });

  it('that is added while others run hears the next change, not this one, on any property', () => {
    const { feed, a, b } = setup();
    const heard: string[] = [];
    const end = a.onChange(() => {
      a.onChange((now, before) => heard.push(`a ${before} -> ${now}`));
      b.onChange((now, before) => heard.push(`b ${before} -> ${now}`), { immediate: true });
      end();
    });
    b.onChange(() => undefined);
    feed.replace({ a: '1', b: '1' });
    expect(heard).toEqual(['b 1 -> 1']);
    feed.replace({ a: '2', b: '2' });
    expect(heard.slice(1)).toEqual(['a 1 -> 2', 'b 1 -> 2']);
  });

  it('hears nothing after close()', async () => {
    const { config, feed, a } = setup();
    const heard: number[] = [];
    a.onChange((now) => heard.push(now));
    await config.close();
    feed.set('a', '1');
    expect([heard, a.get()]).toEqual([[], 0]);
  });
});

describe('changes()', () => {
  it('gives the values from now on, the latest to a slow reader', async () => {
    const { feed, a } = setup();
    const iterator = a.changes();
    const waiting = iterator.next();
    feed.set('a', '1');
    expect(await waiting).toEqual({ done: false, value: 1 });
    feed.set('a', '2');
    feed.set('a', '3');
    expect(await iterator.next()).toEqual({ done: false, value: 3 });
    const [one, two] = [iterator.next(), iterator.next()];
    feed.set('a', '4');
    feed.set('a', '5');
    expect([(await one).value, (await two).value]).toEqual([4, 5]);
  });

  it('ends with its signal, with return() and with break', async () => {
    const { feed, a } = setup();
    const controller = new AbortController();
    const bySignal = a.changes(controller.signal);
    const pending = bySignal.next();
    controller.abort();
    expect([await pending, await bySignal.next()]).toEqual([{ done: true, value: undefined }, { done: true, value: undefined }]);

    const byReturn = a.changes();
    feed.set('a', '1');
    await byReturn.return?.();
    expect(await byReturn.next()).toEqual({ done: true, value: undefined });

    const seen: number[] = [];
    const loop = (async () => {
      for await (const value of a.changes()) {
        seen.push(value);
        if (value === 3) break;
      }
    })();
    feed.set('a', '2');
    await until(() => seen.length === 1);
    feed.set('a', '3');
    await loop;
    expect(seen).toEqual([2, 3]);
    expect(await a.changes(AbortSignal.abort()).next()).toEqual({ done: true, value: undefined });
  });
});

describe('listeners of the whole config', () => {
  it('get one change set a publish, with origins, causes and the time', () => {
    const { config, feed } = setup();
    const sets: unknown[] = [];
    config.on('change', ({ version, changes, causes, at }) => {
      sets.push({ version, causes, changes: changes.map(({ key, before, after, layer, origin }) => [key, before, after, layer, origin]) });
      expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(10_000);
    });
    feed.replace({ a: '1', c: '1' });
    expect(sets).toEqual([
      {
        version: 2,
        causes: [{ layer: 'memory' }],
        changes: [['a', '0', '1', 'memory', 'memory:a'], ['c', undefined, '1', 'memory', 'memory:c'], ['b', '0', undefined, 'memory', 'memory:b']],
      },
    ]);
  });

  it('of a prefix get the changes at or below it, and nothing of a publish without any', () => {
    const { config, feed } = setup();
    const heard: string[][] = [];
    config.on('change', ({ changes }) => heard.push(changes.map(({ key }) => key)), { prefix: 'gateway.' });
    feed.replace({ a: '1', 'gateway': '0', 'gateway.limit': '1', 'gateway[0]': '2', gateways: '3' });
    feed.set('a', '2');
    expect(heard).toEqual([['gateway', 'gateway.limit', 'gateway[0]']]);
  });

  it('of a key, a prefix or everything are called for each change', () => {
    const { config, feed } = setup();
    const heard: string[] = [];
    config.onChange('x.y', ({ key, after }) => heard.push(`key ${key}=${after}`));
    config.onChange('x.*', ({ key }, set) => heard.push(`below ${key} of ${set.changes.length}`));
    config.onChange('*', ({ key }) => heard.push(`all ${key}`));
    feed.replace({ a: '0', b: '0', x: '1', 'x.y': '2', 'x[0].z': '3' });
    expect(heard.sort()).toEqual(['all x', 'all x.y', 'all x[0].z', 'below x.y of 3', 'below x[0].z of 3', 'key x.y=2']);
  });

  it('are called once for a key that is spelled like a pattern', () => {
    const { config, feed } = setup();
    const heard: string[] = [];
    config.onChange('*', ({ key }) => heard.push(key));
    config.onChange('x.*', ({ key }) => heard.push(key));
    feed.set('*', '1');
    feed.set('x.*', '1');
    expect(heard).toEqual(['*', 'x.*', 'x.*']);
  });

  it('that are taken off while others run are not called any more; those added hear the next', () => {
    const { config, feed } = setup();
    const heard: string[] = [];
    const ends = [
      config.on('change', () => {
        for (const end of ends.splice(1)) end();
        config.on('change', () => heard.push('added'));
        ends[0]?.();
      }),
    ];
    ends.push(config.on('change', () => heard.push('second')), config.onChange('a', () => heard.push('key')));
    config.onChange('a', () => heard.push('earlier: keys go first'));
    feed.set('a', '1');
    feed.set('a', '2');
    expect(heard).toEqual(['key', 'earlier: keys go first', 'earlier: keys go first', 'added']);
  });

  it('that throw or reject are reported, and the others run', async () => {
    const { config, feed, errors } = setup();
    const heard: string[] = [];
    config.on('change', () => {
      throw new Error('one');
    });
    config.onChange('a', () => Promise.reject(new Error('two')));
    config.on('change', () => heard.push('on'));
    feed.set('a', '1');
    await until(() => errors.length === 2);
    expect([heard, errors.map((error) => error.message).sort()]).toEqual([['on'], ["a listener of on('change') threw: one", "a listener of onChange('a') rejected: two"]]);
  });

  it('of errors hear what onError hears, and cannot fail it', () => {
    const { config, feed, errors } = setup();
    const heard: string[] = [];
    config.on('error', () => {
      throw new Error('in the listener of errors');
    });
    config.on('error', (error) => heard.push(error.code));
    feed.set('a', 'bad');
    expect([heard, errors.map((error) => error.code)]).toEqual([['CALUMMA_CONVERSION'], ['CALUMMA_CONVERSION']]);
  });
});
