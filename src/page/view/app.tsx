import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { useCell } from '../cells/use-cell.js';
import { Announcer } from './announcer.js';
import { usePage } from './context.js';
import { DetailsView } from './details.js';
import { Dialogs } from './dialogs.js';
import { DiffView } from './diff.js';
import { EditorView } from './editor.js';
import { Header } from './header.js';
import { close, listenToKeys } from './keyboard.js';
import { Layers } from './layers.js';
import { Panel } from './panel.js';
import { Plots } from './plots.js';
import { KeyTable } from './table.js';
import { TickerView } from './ticker.js';

export function App(): JSX.Element {
  const page = usePage();
  const problem = useCell(page.live.problem);
  useEffect(() => listenToKeys(page, window), [page]);
  return (
    <>
      <Header />
      <main>
        {problem === undefined ? undefined : (
          <p class="error banner" role="alert">
            {problem}
          </p>
        )}
        <KeyTable />
        <Side />
      </main>
      <Dialogs />
      <Announcer />
    </>
  );
}

function Side(): JSX.Element {
  const { address, editor } = usePage();
  const { key, panel } = useCell(address.place);
  const draft = useCell(editor.draft);
  if (panel === 'diff') return <DiffView />;
  if (key !== undefined) return <DetailsView />;
  if (draft?.isNew === true) {
    return (
      <Panel title="New key" label="New key" onClose={() => editor.cancel()}>
        <EditorView />
      </Panel>
    );
  }
  if (panel === 'status') {
    return (
      <Panel title="Status" label="Status" onClose={() => close(address)}>
        <Overview />
      </Panel>
    );
  }
  return (
    <aside class="panel" aria-label="Status">
      <Overview />
    </aside>
  );
}

function Overview(): JSX.Element {
  return (
    <>
      <Layers />
      <Plots />
      <TickerView />
    </>
  );
}
