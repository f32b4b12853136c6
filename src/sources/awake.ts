/** Keeps the process alive until `work` is done: somebody awaits it, and its sockets alone would let the process end. */
export async function keptAwake<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 0x7fff_ffff);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
