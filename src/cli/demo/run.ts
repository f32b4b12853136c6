import { once } from 'node:events';

import type { Config } from '../../index.js';
import type { Output } from '../output.js';
import { newsOn } from './news.js';
import { showStage, showTries } from './screen.js';
import { onStage } from './stage.js';

/**
 * The demo: a gateway and its two files, until `stop` aborts. Then the server is closed and the files are gone.
 */
export async function runDemo(output: Output, stop: AbortSignal): Promise<void> {
  let config: Config | undefined;
  let folder = '';
  const news = newsOn(output, () => config, () => folder);
  await onStage((error) => news.error(error), async (stage) => {
    ({ config, files: { folder } } = stage);
    config.on('change', (set) => news.change(set));
    config.on('state', (change) => news.state(change));
    showStage(output, stage);
    showTries(output, stage);
    if (!stop.aborted) await once(stop, 'abort');
    output.line();
  });
  output.line('Server closed, files removed.');
}
