import { onTestFinished } from 'vitest';
import { type Config, createConfig, memory, type MemorySource, values, type Writable } from '../../src/index.js';
import type { ConfigOptions } from '../../src/index.js';
import type { Sidecar, SidecarOptions } from '../../src/sidecar/index.js';
import { sqlite } from '../../src/sources/sqlite/index.js';
import { testFolder, type TestFolder } from '../sources/files/folder.js';
import { sidecarOf } from './rig.js';

/** A token of each kind, as the file of the rig has them. */
export const tokens = { writer: 'writer-0123456789', reader: 'reader-0123456789', seer: 'seer-0123456789', bare: 'bare-0123456789' } as const;

const tokenLines = [`${tokens.writer} name=ann write`, `${tokens.reader} name=rob read`, `${tokens.seer} name=sue write reveal`, tokens.bare];

export interface StoreRig {
  readonly folder: TestFolder;
  readonly top: MemorySource;
  readonly store: Writable;
  readonly config: Config;
  readonly sidecar: Sidecar;
  readonly url: string;
  /** Asks as the bearer of a token. */
  readonly as: (token: keyof typeof tokens | undefined, path: string, init?: RequestInit & { readonly json?: unknown }) => Promise<Response>;
}

/** A sidecar with tokens before a SQLite store, below a layer in memory and above defaults. */
export async function storing(more: Partial<SidecarOptions> = {}, options: Partial<ConfigOptions> = {}): Promise<StoreRig> {
  const folder = testFolder();
  folder.write('tokens', `# of the test\n${tokenLines.join('\n')}\n`);
  const store = sqlite({ path: folder.at('config.db'), create: true });
  const top = memory({}, { name: 'top' });
  const config = createConfig({ layers: [top, store, values({ base: 'default' })], context: {}, onError: () => undefined, ...options });
  onTestFinished(() => config.close());
  await config.ready();
  const sidecar = await sidecarOf({ configs: { default: config }, tokenFile: folder.at('tokens'), onError: () => undefined, ...more });
  const url = sidecar.url!;
  return { folder, top, store, config, sidecar, url, as: asking(url) };
}

export function asking(url: string): StoreRig['as'] {
  return (token, path, { json, headers, ...init } = {}) => {
    const all = new Headers(headers);
    if (token !== undefined) all.set('authorization', `Bearer ${tokens[token]}`);
    if (json !== undefined) all.set('content-type', 'application/json');
    return fetch(url + path, { ...init, headers: all, ...(json !== undefined && { body: JSON.stringify(json) }) });
  };
}

/** Status and body, to compare at once. */
export async function told(answer: Promise<Response> | Response): Promise<{ readonly status: number; readonly body: never }> {
  const response = await answer;
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, body: (isJson ? JSON.parse(text) : text) as never };
}

/** Status and code of an error. */
export async function refusal(answer: Promise<Response> | Response): Promise<readonly [number, string]> {
  const { status, body } = await told(answer);
  return [status, (body as { error?: { code: string } }).error?.code ?? JSON.stringify(body)];
}
