import path from 'node:path';

import type { FileContent, FolderListing, Round, WatchedPaths } from '../watch/contract.js';
import { listFolderNow, readFileNow } from '../watch/read.js';

/** Reads what is in `paths` and not in `seen` yet, as the first round of an observer would, and adds it to `seen`. */
export function readPaths(paths: WatchedPaths, seen: Map<string, FileContent>): Round {
  const files = new Map<string, FileContent>();
  const folders = new Map<string, FolderListing>();
  const read = (file: string) => {
    if (seen.has(file)) return;
    const content = readFileNow(file);
    seen.set(file, content);
    files.set(file, content);
  };
  for (const file of paths.files) read(file);
  for (const folder of paths.folders) {
    const listing = listFolder(folder, files);
    folders.set(folder, listing);
    for (const name of listing ?? []) read(path.join(folder, name));
  }
  return { files, folders };
}

/** A folder that cannot be listed is told as the observer tells it: as an unreadable file. */
function listFolder(folder: string, files: Map<string, FileContent>): FolderListing {
  try {
    return listFolderNow(folder);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
    files.set(folder, { kind: 'unreadable', error });
    return undefined;
  }
}
