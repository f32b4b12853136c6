import type { OracleCase } from './properties-oracle.js';

/** What trips parsers: separators, escapes, ends of lines, comments, broken `\u`, bytes that are no UTF-8. */
const parts: readonly (string | readonly number[])[] = [
  ...['a', 'b', 'key', 'value', '0', 'f', '=', ':', ' ', '\t', '\f', '\v', '\0', '#', '!', '\\', '\\\\', '\\\\\\'],
  ...['\n', '\n', '\r', '\r\n', '\\\n', '\\\r', '\\\r\n', '\\\n  ', '\\\r\n\t', '\n\n', '\n#', '\n  !', '\\ ', '\\=', '\\:', '\\#'],
  ...['\\n', '\\t', '\\r', '\\f', '\\b', '\\q', '\\u0041', '\\u00e9', '\\uD83D\\uDE00', '\\ud83d', '\\uDE00', '\\u0000', '\\u000a'],
  ...['\\u', '\\u12', '\\u00g0', '\\u00\\\n41', '\\U0041', '__proto__', 'constructor', '\u00e9', '\u20ac', '\u{1f600}', '\u0085', '\u2028'],
  ...[[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x80, 0x41]],
];

/** Texts that are always the same for a seed. Broken `\u` is rarer than the rest, or nearly every text would be an error. */
export function hostileTexts(count: number, seed: number): OracleCase[] {
  const random = xorshift(seed);
  return Array.from({ length: count }, (_, index) => {
    const length = 1 + Math.floor(random() * (index % 50 === 0 ? 400 : 24));
    const bytes = Buffer.concat(Array.from({ length }, () => part(random)));
    return { bytes, encoding: index % 5 === 4 ? 'latin1' : 'utf8' };
  });
}

function part(random: () => number): Buffer {
  const choice = parts[Math.floor(random() * parts.length)] ?? '';
  const malformed = typeof choice === 'string' && /^\\u($|12$|00g)/.test(choice);
  if (malformed && random() < 0.8) return Buffer.from('=');
  return typeof choice === 'string' ? Buffer.from(choice) : Buffer.from(choice);
}

function xorshift(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
