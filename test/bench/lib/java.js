import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../java/PropertiesTimer.java', import.meta.url));

/**
 * A timer of java.util.Properties; `undefined` where there is no JDK.
 *
 * @param {string} folder where the class goes
 * @returns {((file: string, runs: number) => { ms: number, entries: number, version: string }) | undefined}
 */
export function javaTimer(folder) {
  const classes = path.join(folder, 'classes');
  mkdirSync(classes);
  try {
    execFileSync('javac', ['-d', classes, source], { stdio: 'pipe' });
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  return (file, runs) => {
    const printed = execFileSync('java', ['-cp', classes, 'PropertiesTimer', file, String(runs)], { encoding: 'utf8' });
    const [ms, entries, version] = printed.trim().split(' ');
    return { ms: Number(ms), entries: Number(entries), version };
  };
}
