import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { Page } from '../page.js';
import { useCell } from '../cells/use-cell.js';
import { usePage } from './context.js';

// While somebody types, or changes rain down, only the last of it is worth hearing.
const calmMs = 900;
const changesMs = 5_000;

/** Says politely what one sees: how many rows there are, what has changed, whether the feed is there. */
export function Announcer(): JSX.Element {
  const page = usePage();
  const said = useCell(page.voice.said);
  useEffect(() => speak(page), [page]);
  return (
    <p class="spoken" role="status">
      {said}
    </p>
  );
}

function speak({ table, live, voice }: Page): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const later = (about: string, ms: number, text: () => string): void => {
    if (about === 'rows') clearTimeout(timers.get(about));
    else if (timers.has(about)) return;
    const timer = setTimeout(() => {
      timers.delete(about);
      voice.say(text());
    }, ms);
    timers.set(about, timer);
  };
  let words = '';
  const ends = [
    table.rows.subscribe(() => {
      const rows = table.rows.get();
      if (rows.words.join(' ') === words) return;
      later('rows', calmMs, () => {
        words = table.rows.get().words.join(' ');
        const count = table.rows.get().entries.length;
        return count === 1 ? 'One key' : `${count.toLocaleString('en')} keys`;
      });
    }),
    live.ticker.ticks.subscribe(() => {
      later('changes', changesMs, () => {
        const last = live.ticker.ticks.get()[0];
        return last === undefined ? '' : `${last.changes[0]?.key ?? ''} ${last.count > 1 ? `and ${last.count - 1} more ` : ''}changed`;
      });
    }),
    live.connection.subscribe(() => {
      later('connection', calmMs, () => (live.connection.get().kind === 'live' ? 'Connected' : 'No connection to the sidecar'));
    }),
  ];
  return () => {
    for (const end of ends) end();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
