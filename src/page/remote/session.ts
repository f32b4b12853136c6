import { type Cell, cell } from '../cells/cell.js';

const place = 'calumma-token';
const authorPlace = 'calumma-author';

/** Who writes. The token lives as long as the tab does, and is never part of an address. */
export interface Session {
  readonly token: Cell<string | undefined>;
  readonly author: Cell<string>;
}

export function createSession(storage: Storage | undefined, given: string | undefined): Session {
  const token = cell(given ?? storage?.getItem(place) ?? undefined);
  const author = cell(storage?.getItem(authorPlace) ?? '');
  const keep = (): void => {
    const held = token.get();
    if (held === undefined) storage?.removeItem(place);
    else storage?.setItem(place, held);
  };
  token.subscribe(keep);
  author.subscribe(() => storage?.setItem(authorPlace, author.get()));
  keep();
  return { token, author };
}
