import type { JSX } from 'preact';

import { nextTheme } from '../cells/theme.js';
import { useCell, useClock } from '../cells/use-cell.js';
import { age } from '../place/duration.js';
import { usePage } from './context.js';
import { create, searchId, writableLayer } from './keyboard.js';
import { rowId } from './table.js';

export function Header(): JSX.Element {
  const page = usePage();
  const { address, dialog, session, theme, health } = page;
  const token = useCell(session.token);
  const colours = useCell(theme);
  useCell(health.seen);
  const place = useCell(address.place);
  return (
    <header>
      <h1>Calumma</h1>
      <Namespaces />
      <Search />
      <ConnectionState />
      <nav aria-label="Views">
        <button type="button" aria-pressed={place.panel === 'status'} onClick={() => address.go({ panel: 'status', key: undefined })} class="only-narrow">
          Status
        </button>
        {writableLayer(page) !== undefined && (
          <button type="button" onClick={() => create(page)}>
            New
          </button>
        )}
        <button type="button" aria-pressed={place.panel === 'diff'} onClick={() => address.go({ panel: place.panel === 'diff' ? undefined : 'diff', key: undefined })}>
          Diff
        </button>
        <button type="button" aria-label={`Colours: ${colours}`} title={`Colours: ${colours} (t)`} onClick={() => theme.set(nextTheme(colours))}>
          {{ auto: '◐', light: '☼', dark: '☾' }[colours]}
        </button>
        <button type="button" class="only-wide" aria-label="Keyboard" title="Keyboard (?)" onClick={() => dialog.set('help')}>
          ?
        </button>
        <button type="button" class={token === undefined ? '' : 'signed-in'} onClick={() => dialog.set('sign-in')}>
          {token === undefined ? 'Sign in' : 'Signed in'}
        </button>
      </nav>
    </header>
  );
}

function Namespaces(): JSX.Element {
  const { address, health } = usePage();
  const { namespace } = useCell(address.place);
  const names = Object.keys(useCell(health.seen)?.status.namespaces ?? {});
  const all = names.includes(namespace) ? names : [namespace, ...names];
  if (all.length === 1) return <span class="namespace">{namespace}</span>;
  const go = (name: string): void => address.go({ namespace: name, key: undefined, panel: undefined, from: undefined, to: undefined });
  return (
    <select class="namespace" aria-label="Namespace" value={namespace} onChange={(event) => go(event.currentTarget.value)}>
      {all.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Search(): JSX.Element {
  const { address, table } = usePage();
  const { search } = useCell(address.place);
  const rows = useCell(table.rows);
  const active = useCell(table.active);
  return (
    <div class="search" role="search">
      <input
        id={searchId}
        type="search"
        role="combobox"
        aria-label="Search keys and values"
        aria-expanded="true"
        aria-haspopup="grid"
        aria-controls="keys"
        aria-autocomplete="list"
        aria-activedescendant={rows.entries.length > 0 ? rowId(active) : undefined}
        placeholder="Search keys and values"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={search}
        onInput={(event) => address.amend({ search: event.currentTarget.value })}
      />
      <Count />
    </div>
  );
}

function Count(): JSX.Element {
  const { table, catalogue } = usePage();
  const { entries, done, words, loaded } = useCell(table.rows);
  const all = catalogue.entries.length.toLocaleString('en');
  if (!loaded) return <output class="count">loading…</output>;
  return <output class="count">{words.length === 0 ? `${all} ${all === '1' ? 'key' : 'keys'}` : `${entries.length.toLocaleString('en')}${done ? '' : '+'} of ${all}`}</output>;
}

function ConnectionState(): JSX.Element {
  const { live } = usePage();
  const connection = useCell(live.connection);
  const now = useClock(1_000);
  if (connection.kind === 'live') return <span class="connection live">Live</span>;
  if (connection.kind === 'connecting') return <span class="connection">Connecting…</span>;
  if (connection.kind === 'refused') {
    return (
      <span class="connection refused" title={connection.why}>
        Refused
      </span>
    );
  }
  const wait = connection.retryAt - now;
  return (
    <span class="connection lost" title={connection.why}>
      {wait < 1_000 ? 'Lost, asking again' : `Lost, again in ${age(wait)}`}
    </span>
  );
}
