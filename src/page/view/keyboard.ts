import type { Page } from '../page.js';
import { nextTheme } from '../cells/theme.js';

export const searchId = 'search';
export const panelId = 'panel';
export const gridId = 'keys';

/** What stands in the help, and nothing else is a key. */
export const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'search in keys and values'],
  ['↑ ↓ PgUp PgDn Home End', 'move through the keys'],
  ['Enter', 'open the key'],
  ['Esc', 'close what is open; then empty the search'],
  ['e', 'edit the open key'],
  ['n', 'a new key'],
  ['d', 'compare two revisions'],
  ['s', 'layers, plots and the ticker'],
  ['t', 'system, light or dark colours'],
  ['?', 'these keys'],
];

/** Listens to the whole page. */
export function listenToKeys(page: Page, window: Window): () => void {
  const hear = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (page.dialog.get() !== undefined) return;
    if (move(page, event) || escape(page, event) || (!isTyping(event.target) && command(page, event.key))) event.preventDefault();
  };
  window.addEventListener('keydown', hear);
  return () => window.removeEventListener('keydown', hear);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable);
}

const pageOfRows = 20;

/** In the search and in the table. @returns whether it was a key of ours */
function move({ table, address }: Page, { key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement) || (target.id !== searchId && target.id !== gridId)) return false;
  const { entries } = table.rows.get();
  const at = table.active.get();
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: pageOfRows, PageUp: -pageOfRows };
  const to = target.id === searchId ? undefined : { Home: 0, End: entries.length - 1 }[key];
  if (key === 'Enter') {
    const entry = entries[at];
    if (entry !== undefined) address.go({ key: entry.key, panel: undefined });
    return true;
  }
  const step = steps[key];
  if (step === undefined && to === undefined) return false;
  table.active.set(Math.max(0, Math.min(entries.length - 1, to ?? at + (step ?? 0))));
  return true;
}

function escape({ editor, address }: Page, { key, target }: KeyboardEvent): boolean {
  if (key !== 'Escape') return false;
  const place = address.place.get();
  if (editor.draft.get() !== undefined) {
    editor.cancel();
    document.getElementById(panelId)?.focus();
  } else if (place.key !== undefined || place.panel !== undefined) {
    close(address);
  } else if (place.search !== '') {
    address.amend({ search: '' });
  } else if (target instanceof HTMLElement) {
    target.blur();
  }
  return true;
}

/** Back to the table, where one came from. */
export function close(address: Page['address']): void {
  address.go({ key: undefined, panel: undefined, from: undefined, to: undefined });
  document.getElementById(gridId)?.focus({ preventScroll: true });
}

function command(page: Page, key: string): boolean {
  const act = commands[key];
  act?.(page);
  return act !== undefined;
}

const commands: Readonly<Record<string, (page: Page) => void>> = {
  '/': () => {
    const field = document.getElementById(searchId);
    if (!(field instanceof HTMLInputElement)) return;
    field.focus();
    field.select();
  },
  '?': ({ dialog }) => dialog.set('help'),
  e: (page) => edit(page, 'set'),
  n: (page) => create(page),
  d: ({ address }) => address.go({ panel: 'diff', key: undefined }),
  s: ({ address }) => address.go({ panel: 'status', key: undefined }),
  t: ({ theme }) => theme.set(nextTheme(theme.get())),
};

/** Where writes go when nobody chose: the highest layer that can be written. */
export function writableLayer({ health, address }: Page): string | undefined {
  return health.seen.get()?.status.namespaces[address.place.get().namespace]?.writables?.[0];
}

export function edit(page: Page, what: 'set' | 'delete'): void {
  const { key } = page.address.place.get();
  const layer = writableLayer(page);
  if (key === undefined || layer === undefined) return;
  if (page.session.token.get() === undefined) return page.dialog.set('sign-in');
  page.editor.begin(what, key, layer).catch(() => page.voice.say('The sidecar cannot be reached.'));
}

export function create(page: Page): void {
  const layer = writableLayer(page);
  if (layer === undefined) return;
  if (page.session.token.get() === undefined) return page.dialog.set('sign-in');
  page.address.go({ key: undefined, panel: undefined });
  void page.editor.begin('set', undefined, layer);
}
