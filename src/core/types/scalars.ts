import { refusal, same, typeBuilder } from './builder.js';
import type { TypeBuilder } from './type.js';

/** The text itself, blanks and all. */
export const string: TypeBuilder<string> = typeBuilder(
  { id: 'string', expected: 'a text', parse: (text: string) => text, equals: same<string> },
  (value) => value,
);

// Archaius 1 reads true/yes/on/t/y and false/no/off/f/n in any case; 1 and 0 are what everybody else also expects.
const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', 't', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', 'f', 'n', '0'].map((word) => [word, false] as const),
]);
const expected = 'a boolean (true, yes, on, t, y, 1 or false, no, off, f, n, 0)';

/** `true yes on t y 1` or `false no off f n 0`, in any case. */
export const boolean: TypeBuilder<boolean> = typeBuilder(
  { id: 'boolean', expected, parse: parseBoolean, equals: same<boolean> },
  (value) => value,
);

function parseBoolean(text: string): boolean {
  const value = words.get(text.trim().toLowerCase());
  if (value === undefined) throw refusal(expected);
  return value;
}
