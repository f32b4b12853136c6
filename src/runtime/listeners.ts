import { causeOf, optionError, reasonOf } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import { isThenable } from '../core/promise.js';

/** Ends a subscription; calling it again does nothing. Also works with `using`. */
export interface Unsubscribe {
  (): void;
  [Symbol.dispose](): void;
}

export interface ListenOptions {
  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal;
}

export type Report = (error: ConfigError) => void;

// Node 20 has Symbol.dispose; the assignment keeps the function callable both ways.
export function unsubscribe(end: () => void): Unsubscribe {
  return Object.assign(end, { [Symbol.dispose]: end });
}

/** Ties a subscription's end to a signal. An aborted signal ends it at once. */
export function endWith(signal: AbortSignal | undefined, end: () => void): Unsubscribe {
  if (signal === undefined) return unsubscribe(end);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return unsubscribe(() => {
    signal.removeEventListener('abort', end);
    end();
  });
}

/** Calls a listener so that nothing it does can reach the others: a throw or a rejection is reported, never passed on. */
export function callListener<A extends unknown[]>(listener: (...args: A) => unknown, args: A, what: string, report: Report): void {
  try {
    const result = listener(...args);
    if (isThenable(result)) void result.then(undefined, (error: unknown) => report(listenerError(what, 'rejected', error)));
  } catch (error) {
    report(listenerError(what, 'threw', error));
  }
}

/** @throws ConfigError CALUMMA_OPTION, before anything is subscribed */
export function checkListening(listener: unknown, options: unknown, what: string): void {
  checkListener(listener, what);
  if (typeof options !== 'object' || options === null) throw optionError(`the options of ${what}`, 'an object', options);
  checkSignal((options as ListenOptions).signal, what);
}

export function checkSignal(signal: unknown, what: string): void {
  if (signal === undefined || (typeof signal === 'object' && signal !== null && 'aborted' in signal)) return;
  throw optionError(`the signal of ${what}`, 'an AbortSignal', signal);
}

export function checkListener(listener: unknown, what: string): void {
  if (typeof listener === 'function') return;
  throw new ConfigError('CALUMMA_OPTION', `${what}: expected a function as listener, found ${typeof listener}`);
}

function listenerError(what: string, how: string, error: unknown): ConfigError {
  return new ConfigError('CALUMMA_LISTENER', `a listener of ${what} ${how}: ${reasonOf(error)}`, { cause: causeOf(error) });
}
