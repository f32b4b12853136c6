import { readFile } from 'node:fs/promises';

/**
 * Where file systems are mounted, single files included (`docker run -v app.yaml:/app.yaml`, compose secrets).
 * A write from outside to such a file says nothing to its folder here: only a watch on the file itself hears it.
 */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  try {
    const text = await readFile('/proc/self/mountinfo', 'utf8');
    return new Set(text.split('\n').map(mountPointOf));
  } catch {
    // No Linux, no such mounts.
    return new Set();
  }
}

// proc(5), mountinfo: the fifth field, with space, tab, newline and backslash as octal escapes.
function mountPointOf(line: string): string {
  const field = line.split(' ', 5)[4] ?? '';
  return field.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
