import type { Format, Position } from './format.js';
import { positionsIn } from './text.js';

/** Where the entries of a text stand. */
export interface Places {
  /** What the offsets count in: the text without its byte order mark. */
  readonly text: string;
  readonly offsets: ReadonlyMap<string, number>;
}

/** What a format answers about places, from the one function that finds them all. */
export function placesBy(find: (text: string) => Places): Required<Pick<Format, 'locate' | 'locator'>> {
  const locator = (text: string): ((key: string) => Position | undefined) => {
    let placeOf: ((key: string) => Position | undefined) | undefined;
    return (key) => (placeOf ??= placesAmong(find(text)))(key);
  };
  return { locator, locate: (text, key) => locator(text)(key) };
}

function placesAmong({ text, offsets }: Places): (key: string) => Position | undefined {
  const positionOf = positionsIn(text);
  return (key) => {
    const offset = offsets.get(key);
    return offset === undefined ? undefined : positionOf(offset);
  };
}
