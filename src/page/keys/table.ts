import { type Cell, cell } from '../cells/cell.js';
import { nextTurn, throttled, within } from '../cells/turns.js';
import type { Catalogue } from './catalogue.js';
import { type Entry, haystackOf } from './entry.js';
import { isNarrower, Sieve, wordsOf } from './search.js';

/** What the table shows. */
export interface Rows {
  readonly entries: readonly Entry[];
  readonly words: readonly string[];
  /** The search has been through all keys. */
  readonly done: boolean;
  /** The first set has come. */
  readonly loaded: boolean;
}

export interface Table {
  readonly rows: Cell<Rows>;
  /** The row that Enter opens. */
  readonly active: Cell<number>;
  search(text: string): void;
  /** Keys have come or gone, or values changed. */
  refresh(): void;
  /** The set is another one altogether. */
  reload(): void;
}

// A frame has 16 ms, and drawing 60 rows takes some of them.
const sliceMs = 6;
// While changes rain down, the rows are gathered anew so often and no more.
const refreshMs = 200;

/** The rows of a catalogue that a search finds: gathered in pieces of a few ms, the first of them at once. */
export function createTable(catalogue: Catalogue): Table {
  const rows = cell<Rows>({ entries: [], words: [], done: true, loaded: false });
  const active = cell(0);
  let words: readonly string[] = [];
  let turn = 0;

  const show = (entries: readonly Entry[], done: boolean): void => {
    rows.set({ entries, words, done, loaded: true });
    if (done) active.set(Math.max(0, Math.min(active.get(), entries.length - 1)));
  };

  const gather = async (from: readonly Entry[], showsEarly: boolean): Promise<void> => {
    const mine = ++turn;
    if (words.length === 0) return show(catalogue.entries, true);
    const sieve = new Sieve(from, words);
    for (let first = true; mine === turn; first = false) {
      const { found, done } = sieve.run(within(sliceMs));
      if (done) return show(found, true);
      if (first && showsEarly && found.length > 0) show([...found], false);
      await nextTurn();
    }
  };

  return {
    rows,
    active,
    search(text) {
      const next = wordsOf(text);
      if (next.join(' ') === words.join(' ')) return;
      const before = rows.get();
      const from = before.done && isNarrower(next, before.words) ? before.entries : catalogue.entries;
      words = next;
      active.set(0);
      void gather(from, true);
    },
    refresh: throttled(refreshMs, () => void gather(catalogue.entries, false)),
    reload() {
      void gather(catalogue.entries, true);
      void prepare(catalogue);
    },
  };
}

/** Makes what the search looks through while nobody waits, so that the first letter costs what the others do. */
async function prepare(catalogue: Catalogue): Promise<void> {
  const { entries } = catalogue;
  let isOver = within(sliceMs);
  for (const [index, entry] of entries.entries()) {
    haystackOf(entry);
    if (index % 500 !== 0 || !isOver()) continue;
    if (entries !== catalogue.entries) return;
    await nextTurn();
    isOver = within(sliceMs);
  }
}
