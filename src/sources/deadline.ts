import { SourceError } from '../core/errors.js';

/**
 * What `work` gives, or an error when that takes longer than `ms`: a server that hangs must not look like one that has no news.
 * The work itself goes on; whoever started it ends it.
 *
 * @param what begins the message: `postgres: reading "properties"`
 * @throws SourceError
 */
export async function withinMs<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SourceError(`${what}: expected an answer within ${ms} ms, found none`)), ms).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // if it fails later, that is no news
  }
}
