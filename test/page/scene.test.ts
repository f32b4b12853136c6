import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

import { type Config, createConfig, env, file, memory, type MemorySource, polled, values, type Writable } from '../../src/index.js';
import { sqlite } from '../../src/sources/sqlite/index.js';
import { testFolder } from '../sources/files/folder.js';
import { describeWith } from '../harness/servers/available.js';
import { sidecarOf } from '../sidecar/rig.js';
import { live, panel, picture, useStage } from './browser.js';

const services = ['gateway', 'billing', 'search', 'orders', 'mail', 'auth', 'edge', 'catalogue'];
const settings = ['timeout', 'retries', 'pool.size', 'endpoint', 'cache.ttl'];

/** Where the README's pictures are; they are taken anew with PAGE_SHOTS=1. */
const forReadme = (name: string): string | undefined => (process.env.PAGE_SHOTS === '1' ? path.join('test/page/pictures', `${name}.png`) : undefined);

function defaults(): Record<string, string> {
  const entries = Array.from({ length: 12_000 }, (_, at): [string, string] => {
    const [service, setting] = [services[at % services.length]!, settings[at % settings.length]!];
    const value = { timeout: '250ms', retries: '3', 'pool.size': '16', endpoint: `https://${service}-${at}.internal:8443/v2`, 'cache.ttl': '5m' }[setting]!;
    return [`${service}.node-${String(Math.floor(at / 40)).padStart(3, '0')}.${setting}`, value];
  });
  return Object.fromEntries(entries);
}

interface Scene {
  readonly config: Config;
  readonly store: Writable;
  readonly feed: MemorySource;
  readonly url: string;
}

/** What somebody on call may find: a store that is written to, a file, a source that does not answer, changes all the time. */
async function sceneOf(pageDir: string): Promise<Scene> {
  const folder = testFolder();
  folder.write('application.properties', 'gateway.rate.limit = 50\ngateway.timeout = 2s\ngateway.url = https://${gateway.host}/v2\ngateway.host = edge.internal\ndb.password = hunter2\n');
  writeFileSync(folder.at('tokens'), 'token-of-ann-0123456789 name=ann write\n', { mode: 0o600 });
  const store = sqlite({ path: folder.at('config.db'), create: true, name: 'store' });
  const feed = memory({}, { name: 'rollout' });
  const remote = polled('remote', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:443')), { everyMs: 200 });
  const config = createConfig({
    layers: [env({ environment: { GATEWAY_TIMEOUT: '1500ms' } }), feed, store, remote, file(folder.at('application.properties'), { name: 'application' }), values(defaults(), { name: 'defaults' })],
    context: {},
    onError: () => undefined,
  });
  await config.ready({ timeoutMs: 1_000 });
  const sidecar = await sidecarOf({ configs: { default: config }, tokenFile: folder.at('tokens'), pageDir });
  await store.set({ 'gateway.rate.limit': '40', 'gateway.allowed.hosts': '127.0.0.1,localhost' }, { author: 'ann', reason: 'limits of the new gateway' });
  await store.set({ 'gateway.rate.limit': '45' }, { author: 'bo', reason: 'traffic peak in the evening' });
  await expect.poll(() => config.get('gateway.rate.limit')).toBe('45');
  return { config, store, feed, url: sidecar.url! };
}

/** A program that follows the gateway's keys. */
async function followAs(name: string, url: string): Promise<void> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  await fetch(`${url}/v1/watch?prefix=gateway`, { signal: leaving.signal, headers: { 'x-config-client': name } });
}

describeWith('chromium', 'the page of somebody on call', () => {
  const stage = useStage();

  it('shows at a glance how the layers are and what has changed', async () => {
    const { config, feed, url } = await sceneOf(stage.pageDir);
    const page = await stage.open(url, { colorScheme: 'light' });
    await live(page);
    for (let at = 0; at < 12; at++) feed.set(`${services[(at * 5) % 8]!}.node-00${at % 4}.retries`, String(4 + at));
    await page.locator('.ticker > li').nth(12).waitFor();
    await page.locator('.layer.failed').getByText('ECONNREFUSED').waitFor();
    expect(await page.getByRole('meter').count()).toBeGreaterThan(0);
    expect(await page.getByRole('img', { name: /^Changes in the last ten minutes/ }).locator('rect').count()).toBeGreaterThan(0);
    expect(await page.locator('.layer').allInnerTexts()).toHaveLength(6);
    await picture(page, 'overview', forReadme('overview'));
    await config.close();
  });

  it('shows who answers, who wrote it and why, and what an edit would do', async () => {
    const { config, url } = await sceneOf(stage.pageDir);
    for (const name of ['gateway', 'gateway', 'dashboard']) await followAs(name, url);
    const page = await stage.open(`${url}/#q=gateway+limit&key=gateway.rate.limit&token=token-of-ann-0123456789`, { colorScheme: 'dark' });
    await page.locator('output').getByText(/^1 of 12,/).waitFor();
    await live(page);
    await panel(page, 'Key gateway.rate.limit').getByText('traffic peak in the evening').waitFor();
    await page.keyboard.press('e');
    await page.getByLabel('Value', { exact: true }).fill('60');
    await page.getByLabel('Reason').fill('the peak is over');
    await page.getByText('3 connected programs will be told at once: 2 × gateway, dashboard').waitFor();
    await picture(page, 'edit-dark', forReadme('edit'));
    await config.close();
  });
});
