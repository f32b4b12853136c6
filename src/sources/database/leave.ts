/** What `work` gives, or `undefined` as soon as `signal` aborts: whoever leaves must not wait for a function that does not. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  let leave: (() => void) | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    leave = () => resolve(undefined);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    work.catch(() => undefined); // if it fails later, that is no news
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}
