import { type Config, ConfigError } from '../../index.js';
import type { Configs } from './cascades.js';

/**
 * Waits until configs that were made anew can take the place of those before them.
 *
 * @throws ConfigError `CALUMMA_NOT_READY` when a required layer has nothing, or a layer has nothing of which the config before knows
 *   something: it would look as if its keys had been removed
 */
export async function untilWorthy(made: Configs, before: Configs, timeoutMs: number, signal: AbortSignal): Promise<void> {
  await Promise.all(Object.entries(made).map(async ([name, config]) => {
    await config.ready({ timeoutMs, signal });
    const silent = config.health().layers.filter(({ state }) => state === 'loading' || state === 'failed').map((layer) => layer.name);
    const missed = silent.filter((layer) => knows(before[name], layer));
    if (missed.length === 0) return;
    throw new ConfigError('CALUMMA_NOT_READY', `${name}: expected ${missed.join(', ')} to answer within ${timeoutMs} ms, as before, found no answer`);
  }));
}

function knows(config: Config | undefined, name: string): boolean {
  return config?.health().layers.some((layer) => layer.name === name && layer.keys > 0) === true;
}
