import { createConfig, values } from 'calumma';
import { startSidecar } from 'calumma/sidecar';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { keyCount, plainEntries } from '../lib/data.js';
import { absolute, ms } from '../lib/figure.js';
import { bundled } from '../lib/harness.js';
import { quantile } from '../lib/measure.js';

const sentences = ['gateway timeout', 'billing 0999', 'zx', 'recommendation pool.size'];

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const loads = quick ? 3 : 9;
  const report = { title: `page: ${keyCount.toLocaleString('en')} keys, 10 MB, in Chromium`, method: `${loads} loads in fresh windows; each letter of ${sentences.length} searches, typed and taken back; no window is drawn to a screen` };
  const { findProgram } = await bundled({ programs: 'test/harness/servers/programs.ts' });
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) return { ...report, figures: [], facts: ['Chromium is not installed (npm run servers installs it): not measured'] };
  const config = createConfig({ layers: [values(Object.fromEntries(plainEntries()), { name: 'all' })], context: {}, maxBytes: '20MB', interpolate: false });
  const sidecar = await startSidecar({ configs: { default: config }, listen: { port: 0 } });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    return { ...report, figures: await measure(browser, sidecar.url, loads) };
  } finally {
    await browser.close();
    await sidecar.close({ drainMs: 0 });
    await config.close();
  }
}

async function measure(browser, url, loads) {
  const first = [];
  let typed;
  for (let load = 0; load < loads; load++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.addInitScript(watch);
    await page.goto(url);
    first.push(await page.evaluate('window.measured.rows'));
    if (load === loads - 1) typed = await type(page);
    await context.close();
  }
  const longest = Math.max(...typed.letters);
  return [
    absolute('from the address to the first rows', ms(quantile(first, 0.5)), 1_000, `at most ${Math.max(...first).toFixed(0)}, without the sidecar's first answer, which it then holds`),
    absolute('a keystroke in the search, until it and rows are painted: median', ms(quantile(typed.letters, 0.5)), 50),
    absolute('the same: the longest', ms(longest), 50, `of ${typed.letters.length}`),
    absolute('a keystroke until all keys are looked through: median', ms(quantile(typed.whole, 0.5))),
    absolute('the same: the longest', ms(Math.max(...typed.whole))),
  ];
}

async function type(page) {
  await page.focus('#search');
  for (const sentence of sentences) {
    for (const key of [...sentence, ...Array.from(sentence, () => 'Backspace')]) {
      await page.keyboard.press(key === ' ' ? 'Space' : key);
      // As fast as people type; what is measured is counted in the page itself.
      await sleep(80);
    }
  }
  await sleep(300);
  return page.evaluate('({ letters: window.measured.letters, whole: window.measured.whole })');
}

/** Runs in the page before anything of it does. */
function watch() {
  const measured = { letters: [], whole: [], rows: undefined };
  window.measured = measured;
  // After the next frame is made: a message that is posted while it is comes after it.
  const painted = (act) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => act(performance.now());
      port2.postMessage(undefined);
    });
  measured.rows = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (document.querySelector('.extent .row') === null) return;
      observer.disconnect();
      painted(resolve);
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  const settled = (since) => {
    if (document.querySelector('#keys').getAttribute('aria-rowcount') !== '-1') painted((now) => measured.whole.push(now - since));
    else setTimeout(() => settled(since), 1);
  };
  addEventListener('keydown', ({ timeStamp }) => {
    painted((now) => measured.letters.push(now - timeStamp));
    setTimeout(() => settled(timeStamp));
  }, true);
}
