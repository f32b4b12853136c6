/**
 * What `work` gives, or an error once nothing was heard of the server for `ms`: a big reply may take as long as it needs, as
 * long as it comes. The work itself goes on; whoever started it ends it.
 *
 * @param heard grows with all that comes from the server
 */
export async function whileHeard<T>(ms: number, heard: () => number, work: Promise<T>, silent: () => Error): Promise<T> {
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
      }, ms).unref();
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
