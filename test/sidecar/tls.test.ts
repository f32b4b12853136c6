import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createConfig, values } from '../../src/index.js';
import { type SidecarOptions, startSidecar } from '../../src/sidecar/index.js';
import { testFolder } from '../sources/files/folder.js';
import { type Certificates, makeCertificates } from '../sources/url/certificates.js';
import { sidecarOf } from './rig.js';

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

async function encrypted(options: Partial<SidecarOptions> = {}, withCa = true): Promise<string> {
  const folder = testFolder();
  folder.write('server.key', certificates.server.key);
  folder.write('server.pem', certificates.server.cert);
  folder.write('ca.pem', certificates.ca);
  folder.write('tokens', 'writer-0123456789 name=ann\n');
  const config = createConfig({ layers: [values({ a: '1' })] });
  onTestFinished(() => config.close());
  const tls = { key: folder.at('server.key'), cert: folder.at('server.pem'), ...(withCa && { ca: folder.at('ca.pem') }) };
  return (await sidecarOf({ configs: { default: config }, tls, onError: () => undefined, ...(!withCa && { tokenFile: folder.at('tokens') }), ...options })).url!;
}

function get(url: string, client: { readonly key?: string; readonly cert?: string } = {}, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<readonly [number | undefined, string]> {
  const agent = new Agent({ ca: certificates.ca, ...client });
  afterAll(() => agent.destroy());
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/config/default/a`, { agent, headers, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => resolve([response.statusCode, text]));
    });
    sent.on('error', reject).end();
  });
}

describe('a sidecar with TLS', () => {
  it('says https, and serves who trusts its CA', async () => {
    const url = await encrypted();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:/);
    expect(await get(url)).toEqual([200, '1']);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    await expect(fetch(`${url.replace('https', 'http')}/healthz`)).rejects.toThrow();
  });

  it('may listen at any address where clients show certificates, which let them read', async () => {
    const url = (await encrypted({ listen: { host: '0.0.0.0', port: 0 } })).replace('0.0.0.0', '127.0.0.1');
    expect(await get(url, certificates.client)).toEqual([200, '1']);
    expect((await get(url, certificates.client, {}, 'DELETE'))[0]).toBe(401);
  });

  it('takes tokens beside it', async () => {
    const url = await encrypted({}, false);
    expect((await get(url, {}, { authorization: 'Bearer writer-0123456789', 'x-config-reason': 'x' }, 'DELETE'))[0]).toBe(409); // nothing there can be written
    expect((await get(url, {}, { authorization: 'Bearer wrong' }))[0]).toBe(401);
  });

  it('cuts off who connects and never agrees on TLS, after the time that headers have', async () => {
    const url = new URL(await encrypted({ limits: { headersMs: 300 } }));
    const silent = connect(Number(url.port), '127.0.0.1');
    onTestFinished(() => void silent.destroy());
    silent.on('error', () => undefined);
    await once(silent, 'close');
  });

  it('does not start with files that are no key and certificate', async () => {
    const folder = testFolder();
    folder.write('nonsense', 'nonsense');
    folder.write('server.key', certificates.server.key);
    folder.write('other.pem', certificates.client.cert);
    const configs = { default: createConfig({ layers: [values({})] }) };
    for (const tls of [{ key: folder.at('nonsense'), cert: folder.at('nonsense') }, { key: folder.at('none'), cert: folder.at('none') }, { key: folder.at('server.key'), cert: folder.at('other.pem') }]) {
      await expect(startSidecar({ configs, listen: { port: 0 }, tls })).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
    }
  });
});
