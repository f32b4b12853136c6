import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Account } from './programs.js';

/** A fresh temporary folder. What works in it ends with this process, however this process ends, and it is removed then. */
export interface ServerFolder {
  readonly path: string;
  /** Runs a program in the folder to its end. */
  readonly run: (file: string, args: readonly string[]) => Promise<void>;
  /** Ends what works in it and removes it. */
  readonly close: () => Promise<void>;
}

const runFile = promisify(execFile);

/**
 * @param account whose it is; default: ours
 * @param endsBy the signal that makes the server end at once and clean up; what it leaves running after 3 s is killed
 */
export async function openFolder(name: string, account?: Account, endsBy = 'KILL'): Promise<ServerFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `calumma-${name}-`)));
  const reaper = spawn('sh', [join(import.meta.dirname, 'reaper.sh'), path, endsBy], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  const reaped = once(reaper, 'exit');
  reaper.unref();
  (reaper.stdin as unknown as { unref: () => void }).unref();
  if (account !== undefined) await chown(path, account.uid, account.gid);
  return {
    path,
    run: async (file, args) => {
      await runFile(file, args, { cwd: path, ...account });
    },
    close: async () => {
      reaper.stdin.end();
      reaper.ref();
      await reaped;
    },
  };
}
