/** One value, one line: over several lines it would look like several values, and a control character could do anything. */
export function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  return names[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A value that may not be there, or not be seen. */
export function valueOrNot(value: string | null | undefined): string {
  if (value === undefined || value === null) return '(not set)';
  return value === '' ? '(empty)' : oneLine(value);
}

/** @example counted(2, 'key'); // '2 keys' */
export function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
