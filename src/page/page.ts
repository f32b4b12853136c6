import { type Cell, cell } from './cells/cell.js';
import { createTheme, type Theme } from './cells/theme.js';
import { createVoice, type Voice } from './cells/voice.js';
import { createOpened, type Opened } from './details/details.js';
import { type Comparing, createComparing } from './diff/comparison.js';
import { createEditor, type Editor } from './edit/editor.js';
import { Catalogue } from './keys/catalogue.js';
import { createTable, type Table } from './keys/table.js';
import { createLive, type Live } from './live/live.js';
import { createHealth, type Health } from './live/status.js';
import { type Address, createAddress } from './place/address.js';
import { home, takeToken } from './place/place.js';
import type { NamespaceAnswer } from './remote/answers.js';
import { type Api, createApi } from './remote/api.js';
import { createSession, type Session } from './remote/session.js';

export type Dialog = 'help' | 'sign-in';

/** Everything the page knows and can do; the views only show it. */
export interface Page {
  readonly api: Api;
  readonly session: Session;
  readonly address: Address;
  readonly catalogue: Catalogue;
  readonly table: Table;
  readonly live: Live;
  readonly health: Health;
  readonly opened: Opened;
  readonly editor: Editor;
  readonly comparing: Comparing;
  readonly theme: Cell<Theme>;
  readonly dialog: Cell<Dialog | undefined>;
  readonly voice: Voice;
}

export function createPage(window: Window): Page {
  const { token, rest } = takeToken(window.location.hash);
  if (token !== undefined) window.history.replaceState(undefined, '', `${window.location.pathname}${window.location.search}${rest}`);
  const session = createSession(storageOf(() => window.sessionStorage), token);
  const api = createApi(() => session.token.get());
  const address = createAddress(window);
  const catalogue = new Catalogue();
  const table = createTable(catalogue);
  const live = createLive(api, catalogue, table);
  const health = createHealth(api, window.document);
  const opened = createOpened(api);
  const voice = createVoice();
  const namespace = (): string => address.place.get().namespace;
  const editor = createEditor({
    api,
    session,
    namespace,
    onWritten(draft, { version }) {
      voice.say(`Written to ${draft.layer}, version ${version}.`);
      health.look();
      opened.refresh();
      if (draft.isNew) address.go({ key: draft.key });
    },
  });
  const theme = createTheme(window.document.documentElement, storageOf(() => window.localStorage));
  const page: Page = {
    api, session, address, catalogue, table, live, health, opened, editor, voice, theme,
    comparing: createComparing(api),
    dialog: cell<Dialog | undefined>(undefined),
  };
  follow(page);
  return page;
}

/** Leads what happens in one part to the others. */
function follow({ address, table, live, health, opened, editor, comparing, session }: Page): void {
  let shown: { namespace?: string; key?: string | undefined; writables?: string } = {};
  const show = (): void => {
    const { namespace, search, key, panel, from, to } = address.place.get();
    const writables = writablesOf(health.seen.get()?.status.namespaces[namespace]);
    const isOther = namespace !== shown.namespace;
    if (isOther) live.start(namespace);
    table.search(search);
    if (isOther || key !== shown.key || writables.join() !== shown.writables) {
      if (key !== shown.key) editor.cancel();
      opened.open(namespace, key, writables);
    }
    shown = { namespace, key, writables: writables.join() };
    comparing.compare(namespace, panel === 'diff' ? from : undefined, to);
  };
  address.place.subscribe(show);
  let known = '';
  health.seen.subscribe(() => {
    const namespaces = health.seen.get()?.status.namespaces ?? {};
    const { namespace } = address.place.get();
    const [first] = Object.keys(namespaces);
    // Nobody has asked for a namespace, and there is none of the usual name.
    if (namespace === home.namespace && first !== undefined && !Object.hasOwn(namespaces, namespace)) return address.amend({ namespace: first });
    const writables = writablesOf(namespaces[namespace]).join();
    if (writables !== known) show();
    known = writables;
  });
  live.onChange((isConcerned) => {
    const { key } = address.place.get();
    if (key !== undefined && isConcerned(key)) opened.refresh();
    health.look();
    comparing.refresh();
    const draft = editor.draft.get();
    if (draft !== undefined && draft.conflict === undefined && !draft.writing && isConcerned(draft.key)) editor.refresh();
  });
  live.onState(() => {
    health.look();
    if (address.place.get().key !== undefined) opened.refresh();
  });
  session.token.subscribe(() => {
    if (live.connection.get().kind === 'refused') live.start(address.place.get().namespace);
    health.look();
    opened.refresh();
  });
  show();
}

export const writablesOf = (namespace: NamespaceAnswer | undefined): readonly string[] => namespace?.writables ?? [];

/** A browser that keeps nothing refuses at the first touch. */
function storageOf(get: () => Storage): Storage | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
