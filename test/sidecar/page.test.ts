import { expect, it } from 'vitest';

import { testFolder } from '../sources/files/folder.js';
import { serving } from './rig.js';

async function withPage(): Promise<string> {
  const folder = testFolder();
  for (const name of ['index.html', 'page.js', 'page.css', 'licences.txt', 'other.txt']) folder.write(name, `this is ${name}`);
  const { url } = await serving({}, { pageDir: folder.path });
  return url;
}

it.each([
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8'],
  ['/licences.txt', 'licences.txt', 'text/plain; charset=utf-8'],
])('%s is %s, and is not sent again to who has it', async (path, name, type) => {
  const url = await withPage();
  const first = await fetch(url + path);
  expect([first.status, await first.text(), first.headers.get('content-type')]).toEqual([200, `this is ${name}`, type]);
  const again = await fetch(url + path, { headers: { 'if-none-match': first.headers.get('etag')! } });
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', first.headers.get('etag')]);
});

it('lets the page talk to its own sidecar and nobody else, and lets nobody frame it', async () => {
  const { headers } = await fetch(await withPage());
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect([headers.get('x-content-type-options'), headers.get('referrer-policy'), headers.get('access-control-allow-origin')]).toEqual(['nosniff', 'no-referrer', null]);
});

it.each(['/index.html', '/other.txt', '/page.js/', '//page.js', '/..%2fpage.js', '/page%2ejs%00'])('%s is no file of the page', async (path) => {
  const url = await withPage();
  expect((await fetch(url + path)).status).toBe(404);
});

it('says so where the page is not built', async () => {
  const { url } = await serving({}, { pageDir: testFolder().at('nowhere') });
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('the page is not built here')]);
});
