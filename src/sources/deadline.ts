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

export interface Listening {
  /** ms without a word of the server after which it counts as gone. */
  readonly ms: number;
  /** Grows with all that comes from the server. */
  readonly heard: () => number;
  /** Whether the process stays alive for the answer: somebody awaits it. Default false. */
  readonly holds?: boolean;
}

/**
 * What `work` gives, or an error once nothing was heard of the server for so long: a big answer may take as long as it needs, as
 * long as it comes. The work itself goes on; whoever started it ends it.
 *
 * @throws what `silent` gives
 */
export async function whileHeard<T>({ ms, heard, holds = false }: Listening, silent: () => Error, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const arm = (before: number): void => {
      timer = setTimeout(() => {
        // If this process itself was held up, the answer may lie in the socket: it is read before the immediate runs.
        setImmediate(() => {
          if (timer === undefined) return;
          if (heard() === before) reject(silent());
          else arm(heard());
        });
      }, ms);
      if (!holds) timer.unref();
    };
    arm(heard());
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
    timer = undefined;
    work.catch(() => undefined); // if it fails later, that is no news
  }
}
