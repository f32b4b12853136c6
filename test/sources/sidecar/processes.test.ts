import { expect, it } from 'vitest';

import { serving } from '../../sidecar/rig.js';
import { script, useBundle } from '../cache/rig.js';
import { until } from '../following.js';

const bundle = useBundle({ calumma: 'src/index.ts' });

it('worker threads and the processes of a cluster follow one sidecar, and all of them see one change', async () => {
  const { url, store } = await serving({ n: '0' });
  const many = `
    import cluster from 'node:cluster';
    import { isMainThread, threadId, Worker } from 'node:worker_threads';
    import { createConfig, sidecar } from './calumma.mjs';
    if (cluster.isPrimary && isMainThread) {
      for (let at = 0; at < 2; at++) cluster.fork();
      for (let at = 0; at < 2; at++) new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
    } else {
      const config = await createConfig({ layers: [sidecar({ url: process.argv[2] })] }).ready();
      const n = config.getIntProperty('n', -1);
      const tell = () => console.log([process.pid, threadId, n.get()].join(' '));
      tell();
      n.onChange((now) => {
        tell();
        if (now === 2) process.exit();
      });
      setInterval(() => undefined, 60_000);
    }
  `;
  const running = script(bundle(), many, url);
  const seen = (value: number) => running.lines.filter((line) => line.endsWith(` ${value}`));
  await until(() => seen(0).length === 4, () => running.lines);
  store.set('n', '1');
  await until(() => seen(1).length === 4, () => running.lines);
  expect(new Set(seen(1)).size).toBe(4);
  expect(running.lines).toHaveLength(8);
  expect(await (await fetch(`${url}/v1/status`)).json()).toMatchObject({ watchers: 4 });
  store.set('n', '2');
  await until(() => seen(2).length === 4, () => running.lines);
}, 30_000);

it('a program that is done ends, though it still follows; one that writes waits for the answer', async () => {
  const { url } = await serving({ n: '1' });
  const done = `
    import { createConfig, sidecar } from './calumma.mjs';
    const config = await createConfig({ layers: [sidecar({ url: process.argv[2] })] }).ready();
    console.log(config.get('n'));
    sidecar({ url: process.argv[2] }).set({ n: '2' }, { author: 'ann', reason: 'test' }).catch((error) => console.log(error.code));
  `;
  const running = script(bundle(), done, url);
  expect(await running.ended).toBe(0);
  expect(running.lines).toEqual(['1', expect.stringMatching(/^CALUMMA_/)]);
}, 30_000);
