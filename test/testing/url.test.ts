import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { renderProperties } from '../../src/formats/properties-render.js';
import { cached, url } from '../../src/index.js';
import type { Rig } from '../../src/testing/index.js';
import { conform } from './conform.js';

async function openRig(wrap: (source: Rig['source']) => Rig['source'] = (source) => source): Promise<Rig> {
  const entries = new Map<string, string>();
  let version = 0;
  let bad = false;
  const server = createServer((request, response) => {
    const etag = `"${version}"`;
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
    response.writeHead(200, { etag }).end(bad ? 'a = \\uZZZZ\n' : renderProperties(entries));
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const hang = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  const change = (act: () => void): void => {
    act();
    version++;
  };
  return {
    source: wrap(url(`http://127.0.0.1:${port}/app.properties`, { every: 10 })),
    put: (key, value) => change(() => (bad = false, entries.set(key, value))),
    remove: (key) => change(() => entries.delete(key)),
    putAll: (some) => change(() => some.forEach((value, key) => entries.set(key, value))),
    malform: () => change(() => (bad = true)),
    breakDown: hang,
    repair: () => listen(port),
    originOf: () => /^url:http:\/\/127\.0\.0\.1:\d+\/app\.properties:\d+$/,
    canHold: (key) => key !== '@next',
    close: hang,
  };
}

conform('url()', () => openRig());

conform('cached(url())', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-conform-'));
  const rig = await openRig((source) => cached(source, path.join(folder, 'url.cache')));
  return {
    ...rig,
    close: async () => {
      await rig.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
