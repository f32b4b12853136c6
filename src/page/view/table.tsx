import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { useCell, useClock } from '../cells/use-cell.js';
import type { Entry } from '../keys/entry.js';
import { excerpt } from '../keys/excerpt.js';
import { age } from '../place/duration.js';
import { usePage } from './context.js';
import { Marked } from './value.js';

const narrow = matchMedia('(max-width: 640px)');
const rowHeight = (): number => (narrow.matches ? 46 : 27);
// Drawn above and below what can be seen, so that quick scrolling meets rows and not a void.
const spare = 12;

export const rowId = (index: number): string => `row-${index}`;

interface Window {
  readonly top: number;
  readonly height: number;
  readonly row: number;
}

/** The keys: as many rows as can be seen, whatever number there is. */
export function KeyTable(): JSX.Element {
  const { table, address } = usePage();
  const rows = useCell(table.rows);
  const active = useCell(table.active);
  const { key: open } = useCell(address.place);
  const now = useClock(1_000);
  const [scroller, seen] = useWindow(active);
  const first = Math.max(0, Math.floor(seen.top / seen.row) - spare);
  const last = Math.min(rows.entries.length, Math.ceil((seen.top + seen.height) / seen.row) + spare);
  return (
    <div
      ref={scroller}
      id="keys"
      class="keys"
      role="grid"
      aria-label="Keys"
      aria-rowcount={rows.done ? rows.entries.length + 1 : -1}
      aria-colcount={3}
      aria-activedescendant={rows.entries.length > 0 ? rowId(active) : undefined}
      tabIndex={0}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        <span role="columnheader">Key</span>
        <span role="columnheader">Value</span>
        <span role="columnheader" class="when">
          Changed
        </span>
      </div>
      <div class="extent" role="rowgroup" style={{ height: `${rows.entries.length * seen.row}px` }}>
        {rows.entries.slice(first, last).map((entry, at) => (
          <Row key={entry.key} {...{ entry, now, index: first + at, height: seen.row, words: rows.words }} isActive={first + at === active} isOpen={entry.key === open} />
        ))}
      </div>
      {rows.loaded && rows.done && rows.entries.length === 0 && <p class="nothing">{rows.words.length > 0 ? 'No key or value has all of these words.' : 'There are no keys yet.'}</p>}
    </div>
  );
}

interface RowProps {
  readonly entry: Entry;
  readonly index: number;
  readonly height: number;
  readonly words: readonly string[];
  readonly now: number;
  readonly isActive: boolean;
  readonly isOpen: boolean;
}

function Row({ entry, index, height, words, now, isActive, isOpen }: RowProps): JSX.Element {
  const { address, table } = usePage();
  const isFresh = entry.freshUntil > now;
  const open = (): void => {
    table.active.set(index);
    address.go({ key: entry.key, panel: undefined });
  };
  return (
    <div
      id={rowId(index)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      class={`row${isActive ? ' active' : ''}${isOpen ? ' open' : ''}${isFresh ? ' fresh' : ''}`}
      style={{ transform: `translateY(${index * height}px)` }}
      onClick={open}
    >
      <span role="gridcell" class="key" title={entry.key}>
        <Marked text={entry.key} words={words} />
      </span>
      <span role="gridcell" class="text">
        {entry.value === '' ? <span class="absent">empty</span> : <Marked text={excerpt(entry.value, words)} words={entry.masked ? [] : words} />}
        {entry.masked && <span class="tag">secret</span>}
      </span>
      <span role="gridcell" class="when">
        {entry.changedAt === undefined ? '' : age(now - entry.changedAt)}
      </span>
    </div>
  );
}

/** What of the rows can be seen; follows the row that is active. */
function useWindow(active: number): [{ current: HTMLDivElement | null }, Window] {
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState<Window>({ top: 0, height: 800, row: rowHeight() });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = (): void => setSeen({ top: element.scrollTop, height: element.clientHeight, row: rowHeight() });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const [above, below] = [active * seen.row, (active + 2) * seen.row];
    if (above < element.scrollTop) element.scrollTop = above;
    else if (below > element.scrollTop + element.clientHeight) element.scrollTop = below - element.clientHeight;
  }, [active]);
  return [scroller, seen];
}
