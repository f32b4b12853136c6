import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A user of the system, as `spawn` takes it. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Servers are often outside the PATH: `/usr/sbin/mariadbd`, `/usr/lib/postgresql/15/bin/initdb`. */
export function findProgram(name: string): string | undefined {
  return folders().map((folder) => join(folder, name)).find(isExecutable);
}

export function requireProgram(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name}: not installed; npm run servers installs it`);
  return found;
}

function folders(): string[] {
  const { PATH = '' } = process.env;
  return [...postgresFolders(), ...PATH.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
}

/** Debian keeps every major version apart; the newest comes first. */
function postgresFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin'));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whom to become for a server that refuses to run as root. Undefined when we are not root. */
export function ordinaryAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('expected a user postgres or nobody in /etc/passwd, found neither');
  return { uid: Number(uid), gid: Number(gid) };
}
