import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, onTestFinished } from 'vitest';

import { findProgram } from '../harness/servers/programs.js';

const root = path.resolve(import.meta.dirname, '../..');

/** Where tests leave their pictures for people to look at; nothing in it is kept in the repository. */
const pictures = path.join(root, 'screenshots');

const setUpMs = 60_000;

/** The page as it is shipped, in a real browser. */
export interface Stage {
  readonly pageDir: string;
  /** Opens an address in a window of its own, and closes it when the test is over. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** Requests that went anywhere but to the sidecar, and whatever the browser complained of: errors, and the policy's refusals. */
  readonly complaints: readonly string[];
}

/** For all tests of the suite. After each of them nobody may have complained. */
export function useStage(): Stage {
  const pageDir = path.join(root, 'dist-test', `page-${process.pid}`, 'page');
  const complaints: string[] = [];
  let browser: Browser | undefined;
  beforeAll(async () => {
    execFileSync(process.execPath, ['build.js', path.dirname(pageDir)], { cwd: root, stdio: 'pipe' });
    const executablePath = findProgram('chromium')!;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, setUpMs);
  afterAll(async () => {
    await browser?.close();
    rmSync(path.dirname(pageDir), { recursive: true, force: true });
  }, setUpMs);
  afterEach(() => {
    const heard = complaints.splice(0);
    expect(heard).toEqual([]);
  });
  const open = async (url: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser!.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    listen(page, new URL(url).origin, complaints);
    await page.goto(url);
    return page;
  };
  return { pageDir, open, complaints };
}

function listen(page: Page, origin: string, complaints: string[]): void {
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(`asked ${request.url()}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // An answer that is no success is no complaint: the page tells people what it says.
    if (['error', 'warning'].includes(message.type()) && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
}

/**
 * Leaves a picture for people to look at.
 *
 * @param file where a copy of it is to be kept, from the root of the repository
 */
export async function picture(page: Page, name: string, file?: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), animations: 'disabled' });
  if (file !== undefined) copyFileSync(path.join(pictures, `${name}.png`), path.join(root, file));
}

/** The keys of the rows that can be seen, from the top. */
export const shownKeys = (page: Page): Promise<string[]> => page.locator('.extent .key').allInnerTexts();

export const search = (page: Page): Locator => page.getByRole('combobox', { name: 'Search keys and values' });
export const panel = (page: Page, name: string): Locator => page.getByRole('complementary', { name });
export const row = (page: Page, key: string): Locator => page.locator('.extent .row', { has: page.getByText(key, { exact: true }) });

/** Waits until the page says how many keys it shows. */
export const counted = (page: Page, text: string): Promise<void> => page.locator('output').getByText(text, { exact: true }).waitFor();

/** Waits until changes reach the page as they happen. */
export const live = (page: Page): Promise<void> => page.getByText('Live', { exact: true }).waitFor();
