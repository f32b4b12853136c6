/** Words that make a key a secret when they stand anywhere in it, whatever their case. */
export const secretWords: readonly string[] = [
  'password',
  'secret',
  'token',
  'credential',
  'apikey',
  'api-key',
  'private-key',
  'passwd',
  'passphrase',
  'access-key',
  'accesskey',
];

export const mask = '***';

export type Redact = (key: string) => boolean;

/**
 * Decides whose value is shown as `***`: the one rule that errors, explain, logs, command line and page share.
 *
 * @param words strings (case-insensitive, anywhere in the key, `_` and `.` as good as `-`) or patterns. Default: {@link secretWords}.
 */
export function redactor(words: readonly (string | RegExp)[] = secretWords): Redact {
  const texts = words.filter((word) => typeof word === 'string');
  const patterns = words.filter((word) => word instanceof RegExp);
  // One pattern for all words: a sidecar asks for each of 100,000 keys when it starts.
  const anywhere = texts.length === 0 ? undefined : new RegExp(texts.map(spellings).join('|'), 'i');
  return (key) => anywhere?.test(key) === true || patterns.some((pattern) => key.search(pattern) >= 0);
}

/** `API_KEY` and `api.key` are spellings of `api-key`. */
function spellings(word: string): string {
  return word.replace(/[\\^$*+?()[\]{}|/]/g, '\\$&').replace(/[-_.]/g, '[-_.]');
}

/** A URL may hold a password whatever its key is called: `postgres://user:***@host/db`. */
export function withoutUserinfo(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(/(:\/\/[^/?#\s:@]*:)[^/?#\s@]+@/g, `$1${mask}@`);
}

/**
 * Whether an address has an `@` behind its host: a password with `@` or `/` in it that is not percent-encoded is taken apart in the wrong
 * place then, and a part of it would be shown as the host.
 */
export function hasStrayUserinfo(url: URL): boolean {
  return (url.username !== '' || url.password !== '') && url.pathname.includes('@');
}

/** Text for people: quoted, cut at 100 characters, control characters escaped. */
export function quote(text: string): string {
  const shown = withoutUserinfo(text);
  return JSON.stringify(shown.length > 100 ? `${shown.slice(0, 100)}…` : shown);
}
