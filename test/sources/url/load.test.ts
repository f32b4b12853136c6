import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { url } from '../../../src/sources/url/url.js';
import { until } from '../following.js';
import { type Page, serve, webServer } from './server.js';
import { watched } from './watched.js';

const rows = 100_000;
const text = (changed: number) => Array.from({ length: rows }, (_, at) => `service.group${at % 97}.key${at}=${at === changed ? 'changed' : `value-${at}-${'x'.repeat(62)}`}\n`).join('');

/** A server in a process of its own, so that only the reader's holds count. */
async function serverApart(bodies: readonly string[]): Promise<{ origin: string; next: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-url-load-'));
  for (const [at, body] of bodies.entries()) writeFileSync(join(folder, `${at}`), body);
  writeFileSync(join(folder, 'server.mjs'), `
    import { readFileSync } from 'node:fs';
    import { createServer } from 'node:http';
    const bodies = ${JSON.stringify(bodies.map((_, at) => at))}.map((at) => readFileSync(new URL(at, import.meta.url)));
    let at = 0;
    process.on('message', () => at++);
    const server = createServer((request, response) => {
      const etag = '"' + at + '"';
      if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { etag, 'content-length': bodies[at].length }).end(bodies[at]);
    });
    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  `);
  const child = fork(join(folder, 'server.mjs'), { execArgv: [] });
  onTestFinished(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  const [port] = (await once(child, 'message')) as [number];
  return { origin: `http://127.0.0.1:${port}`, next: () => child.send('next') };
}

describe('10 MB of .properties', () => {
  it('are read in slices, and one changed line comes as a patch', async () => {
    const server = await serverApart([text(-1), text(4_711)]);
    // Loading undici is a hold of its own, once in a process.
    await (await watched(url(`${server.origin}/warm.properties`))).config.close();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const measured = async (work: () => Promise<unknown>): Promise<string> => {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20)); // lets the monitor begin
      delay.enable();
      delay.reset();
      const from = performance.now();
      await work();
      const took = performance.now() - from;
      delay.disable();
      return `${took.toFixed(0)} ms, event loop held ${(delay.max / 1e6 - 1).toFixed(1)} ms at most`;
    };
    let loaded: Awaited<ReturnType<typeof watched>> | undefined;
    const first = await measured(async () => (loaded = await watched(url(`${server.origin}/a.properties`, { every: 100 }))));
    const { config, changes } = loaded!;
    expect([config.keys().length, loaded!.layer().bytes > 8_000_000]).toEqual([rows, true]);
    const before = changes.length;
    const second = await measured(async () => {
      server.next();
      await until(() => changes.length > before);
    });
    expect(changes.at(-1)!.changes.map(({ key, after }) => [key, after])).toEqual([[`service.group${4_711 % 97}.key4711`, 'changed']]);
    // eslint-disable-next-line no-console -- a figure to look at; the machine is shared, so it is no condition
    console.info(`url, 10 MB: first load ${first}; one line changed ${second}`);
  }, 60_000);
});

it('a change reaches its listener within the poll interval and 50 ms', async () => {
  const every = 200;
  const page: Page = { body: 'a=0', etag: '"0"' };
  const server = await webServer(serve(() => page));
  const { config } = await watched(url(`${server.origin}/a.properties`, { every }));
  const seen = config.getIntProperty('a', -1);
  const took: number[] = [];
  for (let at = 1; at <= 20; at++) {
    const from = performance.now();
    Object.assign(page, { body: `a=${at}`, etag: `"${at}"` });
    await new Promise<void>((resolve) => {
      const stop = seen.onChange(() => {
        stop();
        resolve();
      });
    });
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  // The interval moves by 10 %.
  expect(took[took.length >> 1]).toBeLessThan(every * 1.1 + 50);
  // eslint-disable-next-line no-console -- as above
  console.info(`url, every ${every} ms: change → callback p50 ${took[10]!.toFixed(0)} ms, max ${took.at(-1)!.toFixed(0)} ms`);
});
