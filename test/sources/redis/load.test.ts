import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { standaloneHost, type Reading, type Source } from '../../../src/core/model.js';
import { redis, type RedisOptions } from '../../../src/sources/redis/index.js';
import { openProxy } from '../../harness/proxy.js';
import { describeWith, useServer } from '../../harness/servers/available.js';
import { startRedis } from '../../harness/servers/redis.js';
import { until } from '../following.js';
import { fill, useRig, who, type Rig } from './rig.js';

const many = 100_000;

/**
 * The longest that the event loop was held while `act` ran: ms of this thread's own processor time. A machine that is busy with other
 * things gives an idle process pauses of any length, and the collector of garbage has threads of its own.
 */
async function longestHold(act: () => Promise<unknown>): Promise<number> {
  const ownMs = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  let longest = 0;
  let last = ownMs();
  let running = true;
  const look = (): void => {
    const now = ownMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(look);
  };
  look();
  await act();
  running = false;
  return longest;
}

/** The first reading, and nothing done with it. */
async function firstOf(source: Source, host = standaloneHost): Promise<Reading> {
  const abort = new AbortController();
  for await (const reading of source.readings(abort.signal, host)) {
    abort.abort();
    return reading;
  }
  return expect.fail('no reading');
}

/** A source's first load on a direct way, then one change through a proxy that counts. */
async function measure(rig: Rig, port: number, shape: RedisOptions, change: () => Promise<unknown>): Promise<void> {
  const direct = redis({ url: `redis://127.0.0.1:${port}`, ...shape });
  await firstOf(direct); // what is compiled on the way is no matter of 10 MB
  const began = performance.now();
  const hold = await longestHold(async () => {
    const first = await firstOf(direct);
    expect(first.kind === 'full' && first.entries.size).toBe(many);
  });
  process.stderr.write(`redis ${JSON.stringify(shape)}: first load ${(performance.now() - began).toFixed(0)} ms, event loop held ${hold.toFixed(1)} ms\n`);
  expect(hold).toBeLessThan(60); // the bound is 20 ms; a processor that is shared with other tests is two or three times slower

  const proxy = await openProxy(port);
  try {
    const reader = await rig.follow(redis({ url: `redis://127.0.0.1:${proxy.port}`, ...shape }));
    const loaded = proxy.bytes.toClient;
    await change();
    await until(() => reader.readings.length === 2);
    expect(reader.last()).toMatchObject({ kind: 'patch', set: new Map([['gateway.routes.route-5.limit', 'changed']]) });
    expect(proxy.bytes.toClient - loaded).toBeLessThan(5_000);
  } finally {
    await proxy.close();
  }
}

describeWith('redis', 'a big store in Redis', () => {
  const server = useServer(() => startRedis());
  const rig = useRig(server);

  test('100,000 fields, 10 MB: loaded in portions; a change then costs what has changed', { timeout: 60_000 }, async () => {
    await fill(rig.client(), 'config', many);
    const writer = redis({ url: server().url, hash: 'config' });
    await measure(rig, server().port, { hash: 'config' }, () => writer.set({ 'gateway.routes.route-5.limit': 'changed' }, who));
  });

  test('100,000 strings below a prefix: the same', { timeout: 60_000 }, async () => {
    for (let from = 0; from < many; from += 1_000) {
      const pairs = Array.from({ length: 1_000 }, (_, index) => [`config:gateway.routes.route-${from + index}.limit`, 'v'.repeat(70)]);
      await rig.client().mset(...pairs.flat());
    }
    await measure(rig, server().port, { prefix: 'config:' }, () => rig.client().set('config:gateway.routes.route-5.limit', 'changed'));
  });

  test('a change is seen within milliseconds', { timeout: 60_000 }, async () => {
    for (const shape of [{ hash: 'config' }, { prefix: 'config:' }] as const) {
      const store = redis({ url: server().url, ...shape });
      const { config } = rig.config(store);
      await config.ready();
      const limit = config.getIntProperty('limit', 0);
      let seen: () => void = () => undefined;
      limit.onChange(() => seen());
      const took: number[] = [];
      for (let value = 1; value <= 1_000; value++) {
        const arrival = new Promise<void>((resolve) => (seen = resolve));
        const began = performance.now();
        if ('hash' in shape) await rig.client().hset('config', 'limit', value);
        else await rig.client().set('config:limit', value);
        await arrival;
        took.push(performance.now() - began);
      }
      took.sort((a, b) => a - b);
      const [p50, p99] = [took[500]!, took[990]!];
      process.stderr.write(`redis ${Object.keys(shape)[0]!}: change → callback p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms\n`);
      expect(limit.get()).toBe(1_000);
      // The bounds are 5 and 25 ms; machines that run several things at once get some more.
      expect(p50).toBeLessThan(20);
      expect(p99).toBeLessThan(100);
      await config.close();
    }
  });

  test('what is too large is not read to its end', { timeout: 60_000 }, async () => {
    await fill(rig.client(), 'config', 40_000);
    const proxy = await openProxy(server().port);
    try {
      const store = redis({ url: `redis://127.0.0.1:${proxy.port}`, hash: 'config' });
      await expect(firstOf(store, { ...standaloneHost, maxBytes: 500_000 })).rejects.toMatchObject({ code: 'CALUMMA_TOO_LARGE' });
      expect(proxy.bytes.toClient).toBeLessThan(1_500_000);
    } finally {
      await proxy.close();
    }
  });
});
