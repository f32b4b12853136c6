import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';

import { inFolder } from './folder.js';
import { inProcess } from './in-process.js';

const { write } = inFolder();

/** A server of one text, at an address that stays the same. */
async function remote(text: string): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/x-java-properties').end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.properties`, close };
}

it('marks what is out of touch, and names what could not be read at all', async () => {
  const { url, close } = await remote('limit=50\n');
  write('calumma.yaml', 'cacheDir: cache', 'layers:', `  - url: { href: "${url}", name: central }`, '  - values: { name: defaults, entries: { limit: 5 } }');
  expect((await inProcess(['explain', 'limit'])).stdout).toMatch(/^limit = 50\n {2}→ central {3}50 .*\n {4}defaults {2}5 .*\n$/);
  await close();
  expect((await inProcess(['explain', 'limit'])).stdout).toMatch(/^limit = 50\n {2}→ central {3}50 .* stale since \S+Z\n {4}defaults {2}5 /);
  write('calumma.yaml', 'layers:', `  - url: { href: "${url}", name: central }`, '  - values: { name: defaults, entries: { limit: 5 } }');
  expect((await inProcess(['explain', 'limit'])).stdout).toMatch(/^limit = 5\n {2}→ defaults {2}5 .*\n {2}\? central could not be read so far: it may have another value\n$/);
});

it('shows how references were filled, what is wrong with them, and one line for a value of several', async () => {
  write('application.properties', 'host=a', 'url=http://${host}/${tail.of.it:x}', 'lost=${no.where}', 'two=a\\nb\\u001b[31m');
  expect((await inProcess(['explain', 'url'])).stdout).toMatch(/^url = http:\/\/a\/x\n.*\n {6}\$\{host\} = a\n {6}\$\{tail\.of\.it:x\} = x\n$/);
  expect((await inProcess(['explain', 'lost'])).stdout).toMatch(/\n {2}! lost: mentions \$\{no\.where\}, which is set nowhere/);
  expect((await inProcess(['explain', 'two'])).stdout.split('\n')[0]).toBe('two = a\\nb\\u001b[31m');
});

it('is in colour where the terminal has it: the winner green, what it hides dim', async () => {
  write('calumma.yaml', 'layers:', '  - values: { name: top, entries: { a: 1 } }', '  - values: { name: bottom, entries: { a: 2 } }');
  const [head, winner, hidden] = (await inProcess(['explain', 'a'], { isTTY: true, colours: true })).stdout.split('\n');
  expect([head?.startsWith('\u001b[1ma = 1'), winner?.startsWith('\u001b[32m  → top'), hidden?.startsWith('\u001b[2m    bottom')]).toEqual([true, true, true]);
  expect((await inProcess(['explain', 'a'], { isTTY: true })).stdout).not.toContain('\u001b');
});
