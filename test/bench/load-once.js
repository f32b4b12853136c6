/** Loads a large file once and prints how long that took: `node load-once.js ours|json FILE`. */
import { createConfig, env, file } from 'calumma';
import { readFileSync } from 'node:fs';
import { keyOf } from './lib/data.js';

const [what, path] = process.argv.slice(2);
const key = keyOf(99_999);
process.stdout.write(JSON.stringify(what === 'ours' ? ours() : json()));
process.exit();

function ours() {
  const start = performance.now();
  const value = createConfig({ layers: [env(), file(path)] }).get(key);
  return { ms: performance.now() - start, found: value !== undefined };
}

function json() {
  const start = performance.now();
  const text = readFileSync(path, 'utf8');
  const read = performance.now();
  const value = JSON.parse(text)[key];
  const end = performance.now();
  return { ms: end - start, parse: end - read, found: value !== undefined };
}
