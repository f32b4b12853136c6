import { watch } from 'node:fs';

/** Gives hints that something at a path may have changed; what is true is found out by looking. */
export interface HintWatcher {
  /**
   * Watches one folder (the names directly in it) or one file. Active when it returns; must not keep the process alive.
   *
   * @param onHint gets the name that was touched, if the system says it; may be called too often, also for nothing
   * @param onLost the watch has died by itself
   * @throws the system's error when it cannot be set
   * @returns ends the watch; may be called twice
   */
  watch(path: string, onHint: (name: string | undefined) => void, onLost: (error: Error) => void): () => void;
}

/**
 * `fs.watch`, which is inotify, FSEvents or ReadDirectoryChangesW, with nothing filtered.
 *
 * chokidar 5 sits on the same call: its own events lose the second of two quick writes, its `raw` ones are these with an
 * asynchronous start, and with `persistent: false` it leaves the watcher's `error` event without a listener.
 */
export const systemHints: HintWatcher = {
  watch(path, onHint, onLost) {
    const watcher = watch(path, { persistent: false }, (_event, name) => onHint(name ?? undefined));
    watcher.on('error', (error) => {
      watcher.close();
      onLost(error);
    });
    return () => watcher.close();
  },
};
