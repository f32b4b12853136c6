import { useLayoutEffect, useReducer } from 'preact/hooks';

import type { Cell } from './cell.js';

/** The value of a cell, in a component that is drawn again when it changes. */
export function useCell<T>(cell: Cell<T>): T {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => cell.subscribe(() => redraw(undefined)), [cell]);
  return cell.get();
}

/** Draws the component again every `ms`, for what grows by itself: ages. */
export function useClock(ms: number): number {
  const [now, tick] = useReducer(() => Date.now(), Date.now());
  useLayoutEffect(() => {
    const timer = setInterval(() => tick(undefined), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
