import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { matches } from '../answers/config.js';
import { notFound } from '../http/problem.js';
import type { AddRoutes } from '../app.js';

/** What the page may do: ask the sidecar that it came from, and nothing else. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'cache-control': 'no-cache',
  'content-security-policy': policy,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const files: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.js': { name: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { name: 'page.css', type: 'text/css; charset=utf-8' },
  '/licences.txt': { name: 'licences.txt', type: 'text/plain; charset=utf-8' },
};

/** Whether a path is one of the page's files. They are the same for everybody, and hold no configuration. */
export const isPage = (pathname: string): boolean => Object.hasOwn(files, pathname);

interface Held {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly tag: string;
}

/** `/`: the page for people. Only files that have a name here can be asked for. */
export const addPage: AddRoutes = (app, { settings }) => {
  const held = new Map<string, Held>();
  for (const [pathname, { name, type }] of Object.entries(files)) {
    app.get(pathname, (context) => {
      const file = held.get(name) ?? open(settings.pageDir, name);
      held.set(name, file);
      const answered = { ...headers, etag: file.tag, 'content-type': type };
      if (matches(context.req.header('if-none-match'), file.tag)) return context.body(null, 304, answered);
      return context.body(file.body, 200, answered);
    });
  }
};

/** Read when somebody first looks: a sidecar that nobody looks at holds no page. */
function open(dir: string, name: string): Held {
  const file = path.join(dir, name);
  if (!existsSync(file)) throw notFound('the page is not built here: npm run build makes it');
  const body = new Uint8Array(readFileSync(file));
  return { body, tag: `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"` };
}

/** `dist/page`, seen from the bundle beside it, and from our sources. */
export function builtPage(from: string = import.meta.dirname): string {
  const beside = path.join(from, '../page');
  return existsSync(path.join(beside, 'page.js')) ? beside : path.join(from, '../../../dist/page');
}
