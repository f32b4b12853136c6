import { expect, it } from 'vitest';

import { describeWith } from '../harness/servers/available.js';
import { serving } from '../sidecar/rig.js';
import { live, panel, row, useStage } from './browser.js';

describeWith('chromium', 'changes on the page', () => {
  const stage = useStage();

  it('follows changes: the row is marked, the ticker and the open key tell what it was and is', async () => {
    const { url, store } = await serving({ 'gateway.limit': '100', other: '1' }, { pageDir: stage.pageDir });
    const page = await stage.open(url);
    await live(page);
    store.set('gateway.limit', '50');
    await page.locator('.row.fresh').getByText('50').waitFor();
    expect(await page.locator('.ticker .one').first().innerText()).toMatch(/gateway\.limit\s+100\s*→\s*50/);
    await row(page, 'gateway.limit').click();
    const opened = panel(page, 'Key gateway.limit');
    await opened.locator('.ticker').getByText('100').waitFor();
    store.set('gateway.limit', '60');
    await opened.locator('.whole').getByText('60').waitFor();
    store.set('new.key', 'x');
    await row(page, 'new.key').waitFor();
    store.delete('other');
    await row(page, 'other').waitFor({ state: 'detached' });
  });

  it('compares two revisions', async () => {
    const { url, store } = await serving({ a: '1', b: '1' }, { pageDir: stage.pageDir });
    for (const [key, value] of [['a', '2'], ['b', '2'], ['a', '3']] as const) store.set(key, value);
    const page = await stage.open(url);
    await live(page);
    await page.keyboard.press('d');
    const diff = panel(page, 'Compare two revisions');
    const from = diff.getByLabel('From').locator('option');
    await from.nth(4).waitFor({ state: 'attached' });
    const [, newest, , oldest, base] = await from.evaluateAll((all) => all.map((one) => one.getAttribute('value') ?? ''));
    const differences = async () => (await diff.locator('.ticker .one').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    await diff.getByLabel('From').selectOption(base!);
    await expect.poll(differences).toEqual(['a 1 → 3', 'b 1 → 2']);
    store.set('b', '3');
    await expect.poll(differences).toEqual(['a 1 → 3', 'b 1 → 3']);
    await diff.getByLabel('From').selectOption(oldest!);
    await diff.getByLabel('To').selectOption(newest!);
    await expect.poll(differences).toEqual(['a 2 → 3', 'b 1 → 2']);
  });
});
