import { Misuse } from '../exit.js';
import type { AccessChoice } from './access.js';

/** Where a sidecar listens. */
export type Address = { readonly socketPath: string } | { readonly url: URL };

/**
 * The sidecar to ask, if any. `--config` on the command line goes before `CALUMMA_SIDECAR` in the environment.
 *
 * @throws Misuse when both are on the command line, and for an address that is none
 */
export function addressOf({ sidecar, config }: AccessChoice, environment: NodeJS.ProcessEnv): Address | undefined {
  if (sidecar !== undefined && config !== undefined) throw new Misuse('--sidecar and --config exclude each other');
  const text = sidecar ?? (config === undefined ? environment.CALUMMA_SIDECAR : undefined);
  if (text === undefined || (text === '' && sidecar === undefined)) return undefined;
  return parseAddress(text);
}

function parseAddress(text: string): Address {
  const socketPath = /^(?:unix:(?:\/\/(?=\/))?(?=.)|(?=[/.]))(.*)$/s.exec(text)?.[1];
  if (socketPath !== undefined) return { socketPath };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return { url };
  throw new Misuse('the address of a sidecar: expected http://host:port, https://host:port, or the path of its socket');
}

/** As people write it, without a password that may stand in it. */
export function shownAddress(address: Address): string {
  return 'url' in address ? address.url.origin : address.socketPath;
}
