import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The processes whose working folder is this one or below it: all of a server's, also those that left its group. */
export function processesIn(folder: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => worksIn(pid, folder));
}

function worksIn(pid: number, folder: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return cwd === folder || cwd.startsWith(`${folder}/`);
  } catch {
    return false; // It has ended, is a zombie, or belongs to somebody else.
  }
}

/** Stops them until none runs: a process may have been born while the list was read. */
export function stopAllIn(folder: string): void {
  for (let running = runningIn(folder); running.length > 0; running = runningIn(folder)) {
    for (const pid of running) signal(pid, 'SIGSTOP');
  }
}

export function signalAllIn(folder: string, name: NodeJS.Signals): void {
  for (const pid of processesIn(folder)) signal(pid, name);
}

/** Kills them all, and resolves when no process is left. */
export async function killAllIn(folder: string): Promise<void> {
  while (processesIn(folder).length > 0) {
    signalAllIn(folder, 'SIGKILL');
    await sleep(2);
  }
}

function runningIn(folder: string): number[] {
  return processesIn(folder).filter((pid) => !['T', 'Z', ''].includes(stateOf(pid)));
}

/** The letter of the process' state: `T` is stopped, `Z` a zombie. Empty when it has ended. */
function stateOf(pid: number): string {
  try {
    // "4711 (name of its own choice) S ..."
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
