/** One value, one line: over several lines it would look like several values, and a control character could do anything; one that turns the direction of writing would show other text than there is. */
export function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escaped);
}

/** Lines as they are, and nothing else that a terminal would act upon: a message may quote what somebody else has said. */
export function oneLines(text: string): string {
  return text.split('\n').map(oneLine).join('\n');
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
