import type { FileContent, FileObserver, ObserverOptions, Round, WatchedPaths } from './contract.js';
import { Session } from './session.js';

/**
 * Watches files and folders, those that do not exist yet included, and says what has changed in them: each version whole,
 * none twice, the last one always.
 *
 * Event watches only give hints. What is true is found by looking: where the path leads now, whether the stat differs,
 * whether writing has come to rest, whether the bytes differ. A slow poll finds what no watch reports.
 *
 * @param options.settleMs ms without a write before content is believed. Default 20
 * @param options.pollMs ms between safety polls. Default 5_000
 * @param options.removalGraceMs ms a file must be gone before `missing` is told. Default 2_000
 * @param known what has been read already, by path: the first round leaves out what is still the same
 * @example
 * const observer = observe({ files: ['config/application.properties'], folders: [] });
 * for await (const { files } of observer.rounds(signal)) {
 *   for (const [path, content] of files) console.log(path, content.kind);
 * }
 */
export function observe(
  paths: WatchedPaths,
  options: ObserverOptions = {},
  known: ReadonlyMap<string, FileContent> = new Map(),
): FileObserver {
  // Taken once: a later process.chdir() must not move what is watched.
  const base = process.cwd();
  const sessions = new Set<Session>();
  let current = paths;
  return {
    async *rounds(signal: AbortSignal): AsyncGenerator<Round, void, void> {
      if (signal.aborted) return;
      const session = new Session(current, options, known, base);
      const close = (): void => session.close();
      sessions.add(session);
      signal.addEventListener('abort', close, { once: true });
      try {
        for (let round = await session.next(); round !== undefined; round = await session.next()) yield round;
      } finally {
        signal.removeEventListener('abort', close);
        sessions.delete(session);
        close();
      }
    },
    setPaths(next) {
      current = next;
      for (const session of sessions) session.setPaths(next);
    },
  };
}
