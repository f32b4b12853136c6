import { defaultFromText, refusal, typeBuilder } from './builder.js';
import type { TypeBuilder } from './type.js';

const expected = 'an absolute URL';

/**
 * An absolute URL, as WHATWG reads it (so `localhost:8080` is one, of scheme `localhost:`).
 *
 * All readers of a property share its URL: copy it (`new URL(value)`) before you change it.
 */
export const href: TypeBuilder<URL, URL | string> = typeBuilder(
  { id: 'href', expected, parse: parseHref, equals: (a: URL, b: URL) => a.href === b.href },
  (value) => hrefDefault(value),
);

/** A URL of our own from a default given as one or as text. @throws ConfigError CALUMMA_OPTION */
export function hrefDefault(value: URL | string): URL {
  return typeof value === 'string' ? defaultFromText(href, value) : new URL(value);
}

function parseHref(text: string): URL {
  const trimmed = text.trim();
  // No cause: the error of `new URL` carries the text, and with it a password.
  if (!URL.canParse(trimmed)) throw refusal(expected);
  return new URL(trimmed);
}
