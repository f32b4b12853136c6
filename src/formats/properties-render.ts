/**
 * Writes entries as a `.properties` text that reads back as the same entries.
 *
 * What is printable stands as it is; control characters, lone surrogates and what a reader could trip over are escaped,
 * so the text can be stored as UTF-8. The last of two entries with one key is the one that will be read.
 *
 * @example renderProperties([['gateway.limit', '100']]); // 'gateway.limit=100\n'
 */
export function renderProperties(entries: Iterable<readonly [key: string, value: string]>): string {
  let text = '';
  for (const [key, value] of entries) text += `${renderKey(key)}=${renderValue(value)}\n`;
  return text;
}

function renderKey(key: string): string {
  return escapeCommon(key).replace(/[ =:#!]/g, '\\$&');
}

/** Blanks count in a value except at its start, where the reader would skip them. */
function renderValue(value: string): string {
  return escapeCommon(value).replace(/^ /, '\\ ');
}

const names: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f' };

function escapeCommon(text: string): string {
  return text.replace(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => names[character] ?? codeUnits(character));
}

function codeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}
