import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { createConfig, isWritable, type LayerSpec, memory, type Writable } from '../../src/index.js';
import { later } from '../../src/default/later.js';
import { readDescription } from '../../src/default/description.js';
import { standardOptions } from '../../src/default/standard.js';
import { startSidecar } from '../../src/entries/sidecar.js';
import { until } from '../sources/following.js';
import { scratch } from './scratch.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(body: string, type = 'text/x-java-properties'): Promise<string> {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a store in calumma.yaml', () => {
  it('is loaded when it is read, and written through its layer', async () => {
    const { folder, remove } = scratch({ 'calumma.yaml': 'layers:\n  - sqlite: { path: config.db, create: true, every: 10ms }\n    name: store\n  - values: { entries: { limit: 1 } }\n' });
    cleanups.push(remove);
    const { options } = readDescription(path.join(folder, 'calumma.yaml'), {});
    const config = createConfig(options);
    cleanups.push(() => config.close());
    await config.ready();
    const { source } = options.layers[0] as LayerSpec;
    expect(isWritable(source)).toBe(true);
    await (source as unknown as Writable).set({ limit: '2' }, { author: 'ann', reason: 'test' });
    await until(() => config.get('limit') === '2');
    expect(config.explain('limit').winner).toMatchObject({ layer: 'store', raw: '2' });
    await (source as unknown as Writable).delete('limit', { author: 'ann', reason: 'test' });
    await until(() => config.get('limit') === '1');
    expect(await (source as unknown as Writable).history('limit')).toHaveLength(2);
  });

  it('may be an address with mirrors, headers and the time between two looks', async () => {
    const address = await serve('limit: 7\n', 'application/yaml');
    const { folder, remove } = scratch({ 'calumma.yaml': `layers:\n  - url: { href: ["${address}/a", "${address}/b"], every: 1s, headers: { authorization: "Bearer \${env:TOKEN}" } }\n` });
    cleanups.push(remove);
    const config = createConfig(readDescription(path.join(folder, 'calumma.yaml'), { TOKEN: 'x' }).options);
    cleanups.push(() => config.close());
    await config.ready();
    expect(config.get('limit')).toBe('7');
  });

  it('may be a sidecar, found by the environment, and one of its configs', async () => {
    const billing = createConfig({ layers: [memory({ 'tax.rate': '19', other: 'x' })], context: {} });
    const running = await startSidecar({ configs: { billing }, listen: { port: 0 } });
    cleanups.push(() => billing.close(), () => running.close({ drainMs: 0 }));
    const { folder, remove } = scratch({ 'calumma.yaml': 'layers:\n  - sidecar: { config: billing, prefix: tax }\n  - values: { entries: { tax.rate: 1 } }\n' });
    cleanups.push(remove);
    const { options } = readDescription(path.join(folder, 'calumma.yaml'), { CALUMMA_SIDECAR: running.url });
    const config = createConfig(options);
    cleanups.push(() => config.close());
    await config.ready();
    expect(Object.fromEntries(config.entries())).toEqual({ 'tax.rate': '19' });
    expect(isWritable((options.layers[0] as LayerSpec).source)).toBe(true);
  });

  it('says what of a sidecar excludes each other, with its line', () => {
    const { folder, remove } = scratch({ 'calumma.yaml': 'layers:\n  - sidecar: { url: "http://127.0.0.1:1", socketPath: /s }\n  - sidecar: { token: a, tokenFile: b }\n    name: other\n' });
    cleanups.push(remove);
    expect(() => readDescription(path.join(folder, 'calumma.yaml'), {})).toThrow(/calumma\.yaml:2:\d+: .*at most one of url and socketPath, found both\n.*calumma\.yaml:3:\d+: .*expected either token or tokenFile, found both/);
  });

  it('says where a PEM file is missing', () => {
    const { folder, remove } = scratch({ 'calumma.yaml': 'layers:\n  - url: { href: https://one.example/app.yaml, ca: none.pem }\n' });
    cleanups.push(remove);
    expect(() => readDescription(path.join(folder, 'calumma.yaml'), {})).toThrow(/calumma\.yaml:2:\d+: .*ca: expected a PEM file, found one that cannot be read: ENOENT/);
  });
});

describe('a store whose module comes later', () => {
  it('is loaded again when that has failed, by readings and by writes', async () => {
    let loads = 0;
    const store = later('store', () => Promise.reject(new Error(`not installed ${++loads}`)));
    await expect(store.history()).rejects.toThrow('not installed 1');
    await expect(store.readings(new AbortController().signal)[Symbol.asyncIterator]().next()).rejects.toThrow('not installed 2');
    expect(store.name).toBe('store');
  });
});

describe('CALUMMA_URLS', () => {
  it('are read between the environment and the files, the first one first', async () => {
    const [one, two] = [await serve('limit = 1\n'), await serve('limit = 2\nother = 2\n')];
    const config = createConfig(standardOptions({ CALUMMA_URLS: ` ${one}/app , ${two}/app,` }));
    cleanups.push(() => config.close());
    await config.ready();
    expect(config.layers).toEqual(['args', 'env', expect.stringContaining(`url:${one.slice('http://'.length)}`), expect.stringContaining('url:'), 'files:application']);
    expect([config.get('limit'), config.get('other')]).toEqual(['1', '2']);
  });

  it('may stand there twice', async () => {
    const one = await serve('limit = 1\n');
    const config = createConfig(standardOptions({ CALUMMA_URLS: `${one}/app,${one}/app` }));
    cleanups.push(() => config.close());
    await config.ready();
    expect([config.get('limit'), config.layers.length]).toEqual(['1', 4]);
  });

  it('that are none are left out with a warning', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      expect(standardOptions({ CALUMMA_URLS: 'no address' }).layers).toHaveLength(3);
      expect(warn).toHaveBeenCalledWith(expect.stringContaining('CALUMMA_URLS: url'), expect.objectContaining({ code: 'CALUMMA_OPTION' }));
    } finally {
      warn.mockRestore();
    }
  });
});
