/*
 * How one text holds many: items stand between commas. A backslash takes the meaning from what follows it where that has one:
 * `\,` is a comma, `\\` a backslash, `\=` an equals sign (in maps), `\ ` a blank that is not trimmed. Before anything else it is
 * itself: `C:\logs`. Quotes mean nothing. Blanks around an item go, and empty items are dropped, as Archaius 1 does.
 */

/** @example splitItems('a, b\\,c,,'); // ['a', 'b,c'] */
export function splitItems(text: string): string[] {
  return splitRaw(text).map((raw) => unescape(raw, ',\\'));
}

/**
 * `key=value` items: the first `=` without a backslash divides, the rest of them belong to the value.
 *
 * @returns pairs in their order; `undefined` in place of an item without key or without `=`
 */
export function splitPairs(text: string): ([key: string, value: string] | undefined)[] {
  return splitRaw(text).map((raw) => {
    const equals = indexOfBare(raw, '=', 0);
    const key = unescape(raw.slice(0, Math.max(equals, 0)), ',=\\');
    return key === '' ? undefined : [key, unescape(raw.slice(equals + 1), ',=\\')];
  });
}

/** The text that {@link splitItems} reads as these items. Empty items cannot be written. */
export function joinItems(items: readonly string[]): string {
  return items.map((item) => item.replace(/[,\\]|^\s|\s$/g, String.raw`\$&`)).join(',');
}

/** Items as written, escapes and blanks included; those that are nothing but blanks left out. */
function splitRaw(text: string): string[] {
  const items: string[] = [];
  for (let start = 0; start <= text.length; ) {
    const comma = indexOfBare(text, ',', start);
    const end = comma < 0 ? text.length : comma;
    const item = text.slice(start, end);
    if (item.trim() !== '') items.push(item);
    start = end + 1;
  }
  return items;
}

/** Where `char` stands without a backslash that takes its meaning; -1 if nowhere. */
function indexOfBare(text: string, char: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\' && (text[at + 1] === char || text[at + 1] === '\\')) at += 1;
    else if (text[at] === char) return at;
  }
  return -1;
}

/** Trims and resolves escapes in one go: a blank that was escaped is not trimmed. */
function unescape(raw: string, special: string): string {
  let text = '';
  let kept = 0;
  for (let at = 0; at < raw.length; at += 1) {
    const char = raw.charAt(at);
    const next = raw.charAt(at + 1);
    const escaped = char === '\\' && next !== '' && (special.includes(next) || isBlank(next));
    if (!escaped && isBlank(char)) {
      if (text !== '') text += char;
      continue;
    }
    if (escaped) at += 1;
    text += escaped ? next : char;
    kept = text.length;
  }
  return text.slice(0, kept);
}

function isBlank(char: string): boolean {
  return char.trim() === '';
}
