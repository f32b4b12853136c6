import { expect, it } from 'vitest';

import { createConfig, memory, polled, values } from '../../src/index.js';
import { describeWith } from '../harness/servers/available.js';
import { serving, sidecarOf, until } from '../sidecar/rig.js';
import { counted, live, panel, picture, row, search, shownKeys, useStage } from './browser.js';

describeWith('chromium', 'the page', () => {
  const stage = useStage();

  it('shows every key with its value, in order, and says how many there are', async () => {
    const { url } = await serving({ 'gateway.limit': '100', 'gateway.host': 'a.example', empty: '' }, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await counted(page, '3 keys');
    expect(await shownKeys(page)).toEqual(['empty', 'gateway.host', 'gateway.limit']);
    expect(await row(page, 'gateway.limit').locator('.text').innerText()).toBe('100');
    expect(await row(page, 'empty').locator('.text').innerText()).toBe('empty');
    await live(page);
  });

  it('searches in keys and values as one types, marks what was found, and keeps the search in the address', async () => {
    const { url } = await serving({ 'gateway.limit': '100', 'gateway.host': 'limited.example', other: '7' }, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await search(page).fill('LIMIT');
    await counted(page, '2 of 3');
    expect(await shownKeys(page)).toEqual(['gateway.host', 'gateway.limit']);
    expect(await page.locator('mark').allInnerTexts()).toEqual(['limit', 'limit']);
    expect(new URL(page.url()).hash).toBe('#q=LIMIT');
    await page.reload();
    await counted(page, '2 of 3');
    expect(await search(page).inputValue()).toBe('LIMIT');
  });

  it('draws only the rows that can be seen of 100,000, wherever one scrolls to', async () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`service.${String(at).padStart(6, '0')}.limit`, `${at}`]));
    const { url } = await serving(many, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await counted(page, '100,000 keys');
    const grid = page.getByRole('grid');
    expect(await grid.getAttribute('aria-rowcount')).toBe('100001');
    await grid.focus();
    await page.keyboard.press('End');
    await row(page, 'service.099999.limit').waitFor();
    expect(await page.locator('.extent .row').count()).toBeLessThan(80);
    await search(page).fill('099999');
    await counted(page, '1 of 100,000');
  });

  it('opens a key to the layers that have it: who answers, who is hidden, where each value stands', async () => {
    const config = createConfig({
      layers: [memory({ 'gateway.limit': '20', url: 'http://${host}/' }, { name: 'urgent' }), values({ 'gateway.limit': '50', host: 'here' }, { name: 'defaults' })],
      context: {},
    });
    const sidecar = await sidecarOf({ configs: { default: config }, pageDir: stage.pageDir });
    const page = await stage.open(sidecar.url!);
    await row(page, 'gateway.limit').click();
    const opened = panel(page, 'Key gateway.limit');
    expect(await opened.locator('.wins').innerText()).toMatch(/answers\s+urgent\s+20\s/);
    expect(await opened.locator('.holders .hidden').innerText()).toMatch(/hidden\s+defaults\s+50\s/);
    expect(new URL(page.url()).hash).toBe('#key=gateway.limit');
    await row(page, 'url').click();
    expect(await panel(page, 'Key url').locator('.trail').innerText()).toBe('${host} = here');
    await page.goBack();
    await opened.waitFor();
    await config.close();
  });

  it('says which layers could not be read, and why', async () => {
    const dead = polled('remote', () => Promise.reject(new Error('nobody there')), { everyMs: 50 });
    const config = createConfig({ layers: [dead, values({ a: '1' })], context: {}, onError: () => undefined });
    await until(() => config.health().layers[0]?.state === 'failed');
    const sidecar = await sidecarOf({ configs: { default: config }, pageDir: stage.pageDir });
    const page = await stage.open(`${sidecar.url}/#key=a`);
    expect(await panel(page, 'Key a').locator('.unread').innerText()).toMatch(/not read\s+remote/);
    await page.keyboard.press('Escape');
    await page.getByText('nobody there').waitFor();
    expect(await page.locator('.layer.failed').innerText()).toContain('remote');
    await config.close();
  });

  it('says when the sidecar is gone, and goes on by itself when it is back', async () => {
    const { url, store, config, sidecar } = await serving({ a: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await live(page);
    await sidecar.close({ drainMs: 0 });
    await page.getByText(/^Lost/).waitFor();
    store.set('a', '2');
    await sidecarOf({ configs: { default: config }, listen: { port: Number(new URL(url).port) }, pageDir: stage.pageDir });
    await row(page, 'a').getByText('2', { exact: true }).waitFor();
    await live(page);
  });

  it('changes between namespaces', async () => {
    const configs = { default: createConfig({ layers: [values({ a: '1' })], context: {} }), billing: createConfig({ layers: [values({ 'invoice.currency': 'EUR' })], context: {} }) };
    const sidecar = await sidecarOf({ configs, pageDir: stage.pageDir });
    const page = await stage.open(sidecar.url!);
    await page.getByLabel('Namespace').selectOption('billing');
    await row(page, 'invoice.currency').waitFor();
    expect(await shownKeys(page)).toEqual(['invoice.currency']);
    expect(new URL(page.url()).hash).toBe('#ns=billing');
    for (const config of Object.values(configs)) await config.close();
  });

  it('never has a secret in it, nor finds one', async () => {
    const { url, store } = await serving({ 'db.password': 'hunter2', 'db.url': 'postgres://app:hunter2@db/app', a: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(`${url}/#key=db.password`);
    await panel(page, 'Key db.password').locator('.wins').waitFor();
    store.set('db.password', 'hunter2b');
    await page.locator('.row.fresh').waitFor();
    await row(page, 'db.url').click();
    await panel(page, 'Key db.url').locator('.wins').waitFor();
    expect(await page.content()).not.toContain('hunter2');
    await search(page).fill('hunter');
    await counted(page, '0 of 3');
  });

  it('can be used with the keyboard alone', async () => {
    const { url } = await serving({ alpha: '1', beta: '2', gamma: '3' }, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await counted(page, '3 keys');
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('/', 'a', 'ArrowDown', 'ArrowDown');
    expect(await page.locator('.row.active .key').innerText()).toBe('gamma');
    await press('Enter');
    await panel(page, 'Key gamma').waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('panel');
    await press('Escape');
    await panel(page, 'Key gamma').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('keys');
    await press('Home', 'Enter');
    await panel(page, 'Key alpha').waitFor();
    await press('Escape', 'Escape');
    await counted(page, '3 keys');
    await press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('/');
    await page.keyboard.type('e?');
    expect(await search(page).inputValue()).toBe('e?');
  });

  it('has a name for everything that can be used, and one level of headings under the other', async () => {
    const { url } = await serving({ a: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(`${url}/#key=a`);
    await panel(page, 'Key a').locator('.wins').waitFor();
    const nameless = await page.locator('button, input, select, textarea, [role]').evaluateAll((all) =>
      all.filter((one) => {
        const labelled = one.getAttribute('aria-label') ?? one.getAttribute('aria-labelledby') ?? (one as HTMLInputElement).labels?.[0]?.textContent ?? one.textContent;
        return labelled.trim() === '' && !['gridcell', 'status', 'rowgroup'].includes(one.getAttribute('role') ?? '');
      }).map((one) => one.outerHTML),
    );
    expect(nameless).toEqual([]);
    expect(await page.locator('h1').count()).toBe(1);
    const active = await page.getByRole('grid').getAttribute('aria-activedescendant');
    expect(await page.locator(`#${active}`).innerText()).toContain('a');
  });

  it('tells those who do not see it how much was found, once the typing has ended', async () => {
    const { url } = await serving({ 'a.x': '1', 'a.y': '1', b: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await search(page).pressSequentially('a.');
    await page.getByRole('status').getByText('2 keys', { exact: true }).waitFor();
  });

  it.each(['light', 'dark'] as const)('has %s colours that can be read', async (colorScheme) => {
    const { url } = await serving({ 'gateway.limit': '100' }, { pageDir: stage.pageDir });
    const page = await stage.open(`${url}/#q=limit&key=gateway.limit`, { colorScheme });
    await panel(page, 'Key gateway.limit').locator('.wins').waitFor();
    const faint = await page.evaluate(contrasts);
    expect(faint).toEqual([]);
    await picture(page, `open-${colorScheme}`);
  });

  it('changes its colours when asked, and remembers', async () => {
    const { url } = await serving({ a: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(url, { colorScheme: 'light' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await counted(page, '1 key');
    const light = await ground();
    await page.keyboard.press('t');
    expect(await ground()).toBe(light);
    await page.keyboard.press('t');
    expect(await ground()).not.toBe(light);
    await page.reload();
    await counted(page, '1 key');
    expect(await ground()).not.toBe(light);
  });

  it('can be used at 400 px: nothing sticks out, what is open lies over the table', async () => {
    const { url } = await serving({ 'gateway.limit': '100', ['long.'.repeat(40)]: 'x'.repeat(500) }, { pageDir: stage.pageDir });
    const page = await stage.open(url, { viewport: { width: 400, height: 800 } });
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    await row(page, 'gateway.limit').waitFor();
    expect(await width()).toBe(400);
    await picture(page, 'narrow');
    await page.getByRole('button', { name: 'Status' }).click();
    await panel(page, 'Status').waitFor();
    expect(await width()).toBe(400);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('.extent .row').last().click();
    await page.locator('.wins').waitFor();
    expect(await width()).toBe(400);
    await picture(page, 'narrow-open');
  });

  it('moves nothing for those who asked for that', async () => {
    const { url, store } = await serving({ a: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(url, { reducedMotion: 'reduce' });
    await live(page);
    store.set('a', '2');
    await page.locator('.row.fresh').waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

/** Texts whose contrast with what is behind them is below 4.5 (WCAG AA). Runs in the browser. */
function contrasts(): string[] {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const rgba = (color: string): number[] => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color: number[]): number => {
    const [r, g, b] = color.slice(0, 3).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const ground = (element: Element): number[] => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')].filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== ''));
  return texts.flatMap((element) => {
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio < 4.5 && !element.matches(':disabled') ? [`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 120)}`] : [];
  });
}
