import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mountPoints } from '../../../src/sources/watch/mounts.js';
import { put, scratch, watching } from './rig.js';

function bindMount(from: string, to: string): Error | undefined {
  try {
    execFileSync('mount', ['--bind', from, to], { stdio: 'ignore' });
    onTestFinished(() => void execFileSync('umount', [to]));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

describe('a single file that is mounted from elsewhere', () => {
  it('is heard when it is written there, alone or in a watched folder', async (test) => {
    const folder = scratch();
    const [outside, inside] = [join(folder, 'host', 'file'), join(folder, 'with space', 'mounted')];
    put(outside, 'a=1\n');
    put(inside, '');
    const refused = bindMount(outside, inside);
    if (refused !== undefined) return test.skip(`nothing can be mounted here: ${refused.message}`);
    expect(await mountPoints()).toContain(inside);
    const alone = await watching({ files: [inside] });
    const together = await watching({ folders: [join(folder, 'with space')] });
    writeFileSync(outside, 'a=2\n');
    await alone.sees(inside, 'a=2\n');
    await together.sees(inside, 'a=2\n');
  });
});
