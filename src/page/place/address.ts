import { type Cell, cell } from '../cells/cell.js';
import { formatPlace, parsePlace, type Place } from './place.js';

export interface Address {
  readonly place: Cell<Place>;
  /** Another view: Back comes back from it. */
  go(change: Partial<Place>): void;
  /** The same view, a little different: a letter more in the search. */
  amend(change: Partial<Place>): void;
}

/** The place, and the fragment of the window's address, each following the other. */
export function createAddress(window: Window): Address {
  const place = cell(parsePlace(window.location.hash));
  window.addEventListener('popstate', () => place.set(parsePlace(window.location.hash)));
  const write = (change: Partial<Place>, how: 'pushState' | 'replaceState'): void => {
    const next = { ...place.get(), ...change };
    const { pathname, search } = window.location;
    window.history[how](undefined, '', `${pathname}${search}${formatPlace(next)}`);
    place.set(next);
  };
  return { place, go: (change) => write(change, 'pushState'), amend: (change) => write(change, 'replaceState') };
}
