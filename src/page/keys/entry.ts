/** A row of the table. There are 100,000 of them, so a change writes into the one it is about. */
export interface Entry {
  readonly key: string;
  value: string;
  masked: boolean;
  /** Key and value in lower case, for the search; made when first searched, dropped with each change. */
  haystack: string | undefined;
  /** When it last changed, as far as the page has heard, in ms since the epoch. */
  changedAt: number | undefined;
  /** The change happened before our eyes: the row is marked until this moment, in ms since the epoch. */
  freshUntil: number;
}

export function newEntry(key: string, value: string, masked: boolean): Entry {
  return { key, value, masked, haystack: undefined, changedAt: undefined, freshUntil: 0 };
}

// A line break cannot be typed into a search, so no word is found across the two.
export const haystackOf = (entry: Entry): string => (entry.haystack ??= `${entry.key}\n${entry.masked ? '' : entry.value}`.toLowerCase());
