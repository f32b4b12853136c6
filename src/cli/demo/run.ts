import { once } from 'node:events';

import type { Output } from '../output.js';
import { newsOn } from './news.js';
import { showStage, showTries } from './screen.js';
import { onStage, type Stage } from './stage.js';

/**
 * The demo: a gateway, the sidecar it asks, and what that reads, until `stop` aborts. Then the servers are closed and the files are gone.
 */
export async function runDemo(output: Output, stop: AbortSignal): Promise<void> {
  let stage: Stage | undefined;
  const news = newsOn(output, () => stage);
  await onStage((error) => news.error(error), async (ready) => {
    stage = ready;
    stage.config.on('change', (set) => news.change(set));
    stage.served.on('state', (change) => news.state(change));
    showStage(output, stage);
    showTries(output, stage);
    if (!stop.aborted) await once(stop, 'abort');
    output.line();
  });
  output.line('Servers closed, files removed.');
}
