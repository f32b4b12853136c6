/** A file that cannot be used, and why: `an empty file`. */
export class Refusal extends Error {}

/** What a system error says, in words that help; never its message, which names files that are gone by then. */
export function foundOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return `an error: ${error instanceof Error ? error.message : String(error)}`;
  const words = Object.hasOwn(inWords, code) ? inWords[code] : undefined;
  return words === undefined ? code : `${words} (${code})`;
}

const inWords: Readonly<Record<string, string>> = {
  ENOSPC: 'that the disk is full',
  EDQUOT: 'that the disk quota is used up',
  EROFS: 'that the file system is read-only',
  EACCES: 'that permission is denied',
  EPERM: 'that it is not permitted',
  ENOTDIR: 'a file where a folder should be',
  EEXIST: 'a file where a folder should be',
  EISDIR: 'a folder in its place',
  ENOTEMPTY: 'a folder in its place',
  ELOOP: 'links that lead in a circle',
  ENXIO: 'something that is no file',
  EIO: 'that the disk does not answer as it should',
  EMFILE: 'that the process has too many open files',
  ENAMETOOLONG: 'a name that is too long',
};
