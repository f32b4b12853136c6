import type { Format, Position } from './format.js';
import { openDocument } from './properties-document.js';
import { placesOf } from './properties-locate.js';
import { scanPiece, textPieces } from './properties-pieces.js';

export { renderProperties } from './properties-render.js';

/**
 * `.properties`, read as `java.util.Properties.load` of JDK 17 reads it, character for character.
 *
 * The one exception: a leading byte order mark is dropped, as in every format; the JDK would make it part of the first
 * key. Kept though odd: a text that ends with a lone backslash (and at most one CR or LF after it) has an entry with an
 * empty key and an empty value. `@next` is a key like any other here; a file source gives it its meaning.
 *
 * Sizes and speed: made for 10 MB and 100,000 keys. `incremental` follows a changed file at the cost of the change.
 */
export const properties: Format = {
  name: 'properties',
  extensions: ['.properties'],
  mediaTypes: ['text/x-java-properties', 'text/x-properties'],
  parse,
  locate,
  locator,
  incremental: { open: openDocument },
};

function parse(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const piece of textPieces(text)) scanPiece(piece.text, entries, () => text.slice(0, piece.start));
  return entries;
}

function locate(text: string, key: string): Position | undefined {
  return placesOf(textPieces(text)).get(key);
}

function locator(text: string): (key: string) => Position | undefined {
  let places: ReadonlyMap<string, Position> | undefined;
  return (key) => (places ??= placesOf(textPieces(text))).get(key);
}
