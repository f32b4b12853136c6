import type { Socket } from 'node:net';

const ticks = 10;

export interface Watched {
  readonly socket: Socket;
  /** ms without a byte of the server after which it counts as gone. */
  readonly ms: number;
  /** Whether the process stays alive for the answer: somebody awaits it. */
  readonly holds: boolean;
}

/**
 * What `work` gives, or an error when the server says nothing for `ms` meanwhile. An answer that comes slowly is one.
 *
 * @throws what `late` gives
 */
export async function whileAlive<T>({ socket, ms, holds }: Watched, late: () => Error, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_, reject) => {
    let heard = socket.bytesRead;
    let quiet = 0;
    // Ticks are counted, not ms: when this process itself was held up, it has not listened.
    timer = setInterval(() => {
      quiet = socket.bytesRead === heard ? quiet + 1 : 0;
      heard = socket.bytesRead;
      if (quiet >= ticks) reject(late());
    }, ms / ticks);
    if (!holds) timer.unref();
  });
  try {
    return await Promise.race([work, silent]);
  } finally {
    clearInterval(timer);
    work.catch(() => undefined); // if it fails later, that is no news
  }
}
