import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What the figures were taken on, and with which versions. */
export function machine() {
  return {
    at: new Date().toISOString(),
    node: process.version,
    v8: process.versions.v8,
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    cpu: `${os.cpus().length} x ${os.cpus()[0]?.model.trim() ?? 'unknown'}`,
    memoryMB: Math.round(os.totalmem() / 1e6),
    load: os.loadavg().map((value) => Number(value.toFixed(2))),
    commit: commit(),
    versions: versions(['calumma', 'mitata', 'config', 'nconf', 'convict', 'c12', 'properties-file', 'dot-properties', 'properties']),
  };
}

function versions(names) {
  const root = new URL('../../../', import.meta.url);
  return Object.fromEntries(
    names.map((name) => {
      const file = name === 'calumma' ? 'package.json' : `node_modules/${name}/package.json`;
      return [name, JSON.parse(readFileSync(new URL(file, root), 'utf8')).version];
    }),
  );
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined; // measured outside a checkout
  }
}
