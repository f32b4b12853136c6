/** A piece of a text; `hit` where it was searched for. */
export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** The text in pieces, those that were searched for marked. */
export function highlight(text: string, words: readonly string[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [start, end] of hits(text, words)) {
    if (start > at) pieces.push({ text: text.slice(at, start), hit: false });
    pieces.push({ text: text.slice(start, end), hit: true });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), hit: false });
  return pieces;
}

/** Where words stand, overlaps joined. */
function hits(text: string, words: readonly string[]): [start: number, end: number][] {
  const lower = text.toLowerCase();
  // İ is two letters in lower case: places would be off, so nothing is marked.
  if (lower.length !== text.length) return [];
  const all: [number, number][] = [];
  for (const word of words) {
    for (let at = lower.indexOf(word); at !== -1 && all.length < 50; at = lower.indexOf(word, at + word.length)) {
      all.push([at, at + word.length]);
    }
  }
  all.sort(([a], [b]) => a - b);
  return joined(all);
}

function joined(ranges: readonly [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [start, end] of ranges) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** One line of a value that may have a megabyte: from its beginning, or around the first word that was searched for. */
export function excerpt(value: string, words: readonly string[], length = 240): string {
  const line = value.length > length ? around(value, words, length) : value;
  return line.replace(/\r\n|\r|\n/g, '⏎').replace(/\t/g, '⇥');
}

function around(value: string, words: readonly string[], length: number): string {
  const lower = value.toLowerCase();
  const first = Math.min(...words.map((word) => lower.indexOf(word)).filter((at) => at !== -1));
  if (!Number.isFinite(first) || first < length - 40) return `${value.slice(0, length)}…`;
  return `…${value.slice(first - 40, first - 40 + length)}…`;
}
