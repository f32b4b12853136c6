import { createHash } from 'node:crypto';

/** File systems take 255 bytes; what is cut needs room for its hash. */
const longest = 200;

/**
 * The name of the file that holds the value of a key: the key itself where that is a plain name, else percent-encoded, so that no key
 * leads out of its folder and no two have one name. Decoding the percents gives the key back; `%~` stands before the hash of a long one.
 *
 * @example fileNameOf('gateway.limit'); // 'gateway.limit'
 * @example fileNameOf('../etc/passwd'); // '%2E.%2Fetc%2Fpasswd'
 */
export function fileNameOf(key: string): string {
  if (key === '') return '%';
  if (/^[\w-][\w.-]*$/.test(key) && key.length <= longest) return key;
  let name = '';
  for (const character of key) name += /^[\w.-]$/.test(character) && !(character === '.' && name === '') ? character : encoded(character);
  return name.length <= longest ? name : `${name.slice(0, longest)}%~${hashOf(key)}`;
}

function encoded(character: string): string {
  // Half of a surrogate pair is no character, and UTF-8 has no bytes for it.
  if (/^[\ud800-\udfff]$/.test(character)) return `%u${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function hashOf(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex').slice(0, 16);
}
