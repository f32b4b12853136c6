import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = path.join(root, 'dist-test', `bench-${process.pid}`);

/**
 * Modules of the tests' harness, or of ours that the public entry does not give, as plain JavaScript. They lie inside of the
 * project, so that the clients they import are found.
 *
 * @param {Record<string, string>} input names and paths, from the root
 * @returns {Promise<Record<string, any>>} everything they export
 */
export async function bundled(input) {
  const bundle = await rolldown({ cwd: root, input, platform: 'node', external: [/^node:/, /^[a-z][\w-]*(\/|$)/] });
  await bundle.write({ dir: folder, entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' });
  await bundle.close();
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(root, 'test/harness/servers/reaper.sh'), path.join(folder, 'reaper.sh'));
  const modules = await Promise.all(Object.keys(input).map((name) => import(pathToFileURL(path.join(folder, `${name}.mjs`)).href)));
  return Object.assign({}, ...modules);
}

/** The servers and the proxy of the tests. */
export function harness() {
  const servers = Object.fromEntries(['postgres', 'mariadb', 'redis', 'zookeeper'].map((name) => [name, `test/harness/servers/${name}.ts`]));
  return bundled({ ...servers, proxy: 'test/harness/proxy.ts' });
}
