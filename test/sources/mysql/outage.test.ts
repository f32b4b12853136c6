import { expect, test } from 'vitest';

import { createConfig } from '../../../src/index.js';
import { openProxy, type Proxy } from '../../harness/proxy.js';
import { describeWith } from '../../harness/servers/available.js';
import { follow, until } from '../following.js';
import { Lab } from './lab.js';

const timeout = 500;

describeWith('mariadb', 'outages of mysql()', () => {
  const lab = new Lab();

  /** The lab's server behind a proxy. */
  async function behind(): Promise<{ proxy: Proxy; uri: string }> {
    const proxy = lab.use(await openProxy(lab.server().port));
    return { proxy, uri: lab.database.userUrl.replace(`:${lab.server().port}/`, `:${proxy.port}/`) };
  }

  const state = (config: { health(): { layers: readonly { state: string }[] } }): string => config.health().layers[0]!.state;

  test('a server that is killed and comes back loses nothing', { timeout: 60_000 }, async () => {
    await lab.put('a', '1');
    const config = await lab.ready();
    await lab.server().kill();
    await until(() => state(config) === 'stale');
    expect(config.get('a')).toBe('1');
    await lab.server().restart();
    await lab.put('a', '2');
    await until(() => config.get('a') === '2');
    expect(state(config)).toBe('live');
    expect(lab.errors[0]).toMatchObject({ code: 'CALUMMA_SOURCE', message: expect.stringContaining('mysql: ') as string });
    for (const { message } of lab.errors) expect(message).not.toContain('p@ss');
  });

  test('a server that hangs is noticed by its silence, and the feed goes on after it', { timeout: 30_000 }, async () => {
    await lab.put('a', '1');
    const config = await lab.ready(lab.source({ timeout }));
    lab.server().pause();
    try {
      await until(() => state(config) === 'stale');
      expect(lab.errors[0]?.message).toContain(`within ${timeout} ms, found none: the server hangs or cannot be reached`);
      expect(config.get('a')).toBe('1');
    } finally {
      lab.server().resume();
    }
    await lab.put('a', '2');
    await until(() => config.get('a') === '2' && state(config) === 'live');
  });

  test('a network that swallows everything is noticed, and the feed goes on after it', { timeout: 30_000 }, async () => {
    const { proxy, uri } = await behind();
    await lab.put('a', '1');
    const config = await lab.ready(lab.source({ uri, timeout }));
    proxy.blackhole();
    await until(() => state(config) === 'stale');
    await lab.put('a', '2');
    await proxy.heal();
    await until(() => config.get('a') === '2');
  });

  test('a connection that is reset, or killed by the server, while idle is made again at once', async () => {
    const { proxy, uri } = await behind();
    await lab.put('a', '1');
    const config = await lab.ready(lab.source({ uri, every: '1h' }));
    proxy.reset();
    await lab.put('a', '2');
    await until(() => config.get('a') === '2');
    await lab.sql('kill user calumma_user');
    await lab.put('a', '3');
    await until(() => config.get('a') === '3');
    expect(proxy.accepted).toBeGreaterThanOrEqual(3);
  });

  test('an answer that is cut at any byte is never taken for one', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 200; i += 1) await lab.put(`key.${i}`, `value ${i}`);
    const { proxy, uri } = await behind();
    const whole = follow(lab.source({ uri }));
    await until(() => whole.readings.length > 0);
    await whole.stop();
    const bytes = proxy.bytes.toClient;
    for (let i = 0; i < 25; i += 1) {
      proxy.cutAfter(1 + Math.floor((bytes * (i + Math.random())) / 25));
      const reader = follow(lab.source({ uri, timeout, every: '1h' }));
      await until(() => reader.readings.length > 0 || reader.thrown() !== undefined);
      if (reader.thrown() !== undefined) expect(reader.thrown()).toMatchObject({ code: 'CALUMMA_SOURCE' });
      for (const reading of reader.readings) expect(reading).toMatchObject({ kind: 'full', entries: whole.entries });
      await reader.stop();
      await proxy.heal();
    }
  });

  test('a slow answer is one, as long as it goes on', { timeout: 30_000 }, async () => {
    const { proxy, uri } = await behind();
    await lab.put('a', '1');
    proxy.delay(timeout / 5);
    const reader = follow(lab.source({ uri, timeout }));
    await until(() => reader.readings.length > 0 || reader.thrown() !== undefined);
    expect(reader.entries.get('a')).toBe('1');
    await reader.stop();
  });

  test('closing does not wait for a server that hangs, connecting or asked', async () => {
    await lab.put('a', '1');
    const config = await lab.ready();
    lab.server().pause();
    try {
      const connecting = createConfig({ layers: [lab.source()], onError: () => undefined });
      const started = performance.now();
      await config.close();
      await connecting.close();
      expect(performance.now() - started).toBeLessThan(200);
    } finally {
      lab.server().resume();
    }
  });

  test('nothing stays open when the reader leaves', async () => {
    const { proxy, uri } = await behind();
    const reader = follow(lab.source({ uri }));
    await until(() => reader.readings.length > 0);
    const writer = lab.source({ uri });
    await writer.set({ a: 1 }, { author: 'ann', reason: 'test' });
    await reader.stop();
    await until(() => proxy.connections === 0);
  });

  test('a write to a server that hangs ends with an error', async () => {
    const store = lab.source({ timeout });
    lab.server().pause();
    try {
      await expect(store.set({ a: 1 }, { author: 'ann', reason: 'test' })).rejects.toMatchObject({ code: 'CALUMMA_SOURCE' });
    } finally {
      lab.server().resume();
    }
  });

  test('following keeps no process alive', async () => {
    await lab.put('a', '1');
    const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const before = sockets();
    const reader = follow(lab.source());
    expect(sockets()).toBe(before);
    await until(() => reader.readings.length > 0);
    expect(sockets()).toBe(before);
    await reader.stop();
  });
});
