import { wrongOption } from '../core/check.js';
import { ConfigError } from '../core/errors.js';
import type { LayerPosition } from './config.js';

/** Where among the named layers a new one goes: 0 is the top. @throws ConfigError CALUMMA_OPTION, CALUMMA_UNKNOWN_LAYER */
export function rankFor(names: readonly string[], position: LayerPosition): number {
  const expected = "'top', 'bottom', { above: name } or { below: name }";
  if (position === 'top') return 0;
  if (position === 'bottom') return names.length;
  if (typeof position !== 'object' || (position as unknown) === null) throw wrongOption('addLayer', expected, position);
  if ('top' in position) return 0;
  if ('bottom' in position) return names.length;
  if ('above' in position) return indexOf(names, position.above);
  if ('below' in position) return indexOf(names, position.below) + 1;
  throw wrongOption('addLayer', expected, position);
}

function indexOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw unknownLayer(names, name);
}

/** No layer has this name. */
export function unknownLayer(names: readonly string[], name: string): ConfigError {
  return new ConfigError('CALUMMA_UNKNOWN_LAYER', `expected one of the layers ${names.join(', ')}, found ${JSON.stringify(name)}`);
}
