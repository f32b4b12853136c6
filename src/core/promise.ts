/** Where a value is read without waiting, a promise is a slip: an `async` too many. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** A promise where none belongs: its rejection must not end the process. */
export function ignoreRejection(promise: PromiseLike<unknown>): void {
  void promise.then(undefined, () => undefined);
}

/** Whether this is a promise, which nobody will look at from now on. */
export function isStray(value: unknown): boolean {
  if (!isThenable(value)) return false;
  ignoreRejection(value);
  return true;
}
