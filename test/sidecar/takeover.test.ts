import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Daemon, startDaemon } from '../../src/sidecar/daemon/index.js';
import { eventually, folderWith } from './daemon-process.js';

async function remote(): Promise<{ href: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end('remote=1\n');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => server.close().closeAllConnections());
  await eventually(() => server.listening);
  return { href: `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.properties`, requests: () => requests };
}

const describing = (href: string, beside = '') => `layers:\n  - url: { href: "${href}", every: 20ms, name: remote }${beside}\n  - { values: { entries: { a: 1 } } }\n`;

async function daemonOn(text: string, takeoverMs = 300): Promise<{ daemon: Daemon; said: string[]; reload(text: string): Promise<void>; values(): Promise<unknown> }> {
  const config = path.join(folderWith({ 'calumma.yaml': text }), 'calumma.yaml');
  const said: string[] = [];
  const daemon = await startDaemon({ config, port: 0, socket: false, takeoverMs, log: (_, line) => void said.push(line) });
  onTestFinished(() => daemon.close());
  return {
    daemon,
    said,
    async reload(next) {
      writeFileSync(config, next);
      await daemon.reload();
    },
    async values() {
      return ((await (await fetch(`${daemon.sidecar.url!}/v1/config/default`)).json()) as { values: unknown }).values;
    },
  };
}

const both = { a: '1', remote: '1' };

async function untilRemote(rig: { values(): Promise<unknown> }): Promise<void> {
  await eventually(async () => JSON.stringify(await rig.values()).includes('remote'));
}

describe('a description that was read again', () => {
  it('does not serve while a layer that had answered does not: its keys would look removed', async () => {
    const rig = await daemonOn(describing((await remote()).href));
    await untilRemote(rig);
    await rig.reload(describing('http://127.0.0.1:1/app.properties'));
    expect(rig.said.join('\n')).toContain('default: expected remote to answer within 300 ms, as before, found no answer\nnot reloaded');
    expect(await rig.values()).toEqual(both);
  });

  it('does not serve while a layer it requires has nothing', async () => {
    const rig = await daemonOn(describing((await remote()).href));
    await untilRemote(rig);
    await rig.reload(describing('http://127.0.0.1:1/other', '\n    name: other\n    required: true'));
    expect(rig.said.join('\n')).toContain('CALUMMA_NOT_READY');
    expect(await rig.values()).toEqual(both);
  });

  it('serves when its layers have answered, and what it replaces asks its servers no longer', async () => {
    const [one, two] = [await remote(), await remote()];
    const rig = await daemonOn(describing(one.href), 10_000);
    await untilRemote(rig);
    await rig.reload(describing(two.href));
    expect(await rig.values()).toEqual(both);
    const asked = one.requests();
    const soFar = two.requests();
    await eventually(() => two.requests() > soFar + 3);
    expect(one.requests()).toBe(asked);
  });

  it('may have a new layer that does not answer', async () => {
    const rig = await daemonOn(describing((await remote()).href));
    await untilRemote(rig);
    await rig.reload('layers:\n  - { values: { entries: { a: 2 } } }\n  - url: { href: "http://127.0.0.1:1/x", name: new }\n');
    expect(await rig.values()).toEqual({ a: '2' });
  });
});
