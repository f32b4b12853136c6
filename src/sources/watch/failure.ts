import type { FileContent } from './contract.js';

export const missing: FileContent = { kind: 'missing' };

/** ENOTDIR: a file stands where a folder of the path should be, so there is nothing at the path. */
export function isMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR';
}

export function failureOf(error: unknown): NodeJS.ErrnoException {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

export function unreadable(error: NodeJS.ErrnoException): FileContent {
  return { kind: 'unreadable', error };
}

export function contentOf(error: unknown): FileContent {
  const failure = failureOf(error);
  return isMissing(failure) ? missing : unreadable(failure);
}

/** An error of the shape that Node's own have. */
export function systemError(code: string, problem: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${problem}, read '${path}'`), { code, path, syscall: 'read' });
}

/** Pipes, sockets and devices are never opened: that may block, or take away what was meant for another reader. */
export function notAFile(isDirectory: boolean, path: string): NodeJS.ErrnoException {
  return isDirectory
    ? systemError('EISDIR', 'a folder stands in place of the file', path)
    : systemError('ENOTSUP', 'not a regular file', path);
}
