import { render } from 'preact';

import { createPage } from './page.js';
import { App } from './view/app.js';
import { PageContext } from './view/context.js';

const root = document.getElementById('app');
if (root !== null) {
  render(
    <PageContext.Provider value={createPage(window)}>
      <App />
    </PageContext.Provider>,
    root,
  );
}
