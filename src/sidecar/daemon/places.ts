import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import type { SidecarSpec } from '../../index.js';
import { isListenedAt } from '../http/listen.js';

/** What the command line says of where to listen; it goes before the description. */
export interface PlaceFlags {
  readonly host?: string;
  readonly port?: number;
  /** false: no socket. */
  readonly socket?: string | false;
}

export interface Places {
  readonly listen: { readonly host?: string; readonly port?: number } | false;
  readonly socketPath: string | undefined;
  /** Nobody has asked for this socket: it may be missing. */
  readonly isDefaultSocket: boolean;
}

export function placesOf(flags: PlaceFlags, spec: SidecarSpec, env: NodeJS.ProcessEnv): Places {
  const host = flags.host ?? spec.host;
  const port = flags.port ?? spec.port;
  const asked = flags.socket ?? spec.socket;
  return {
    listen: port === false ? false : { ...(host !== undefined && { host }), ...(port !== undefined && { port }) },
    socketPath: asked === undefined ? defaultSocket(env) : asked || undefined,
    isDefaultSocket: asked === undefined,
  };
}

/** Where clients look for a sidecar of this host: what systemd made for the service, else the folder of the user. */
export function defaultSocket(env: NodeJS.ProcessEnv): string | undefined {
  const [service] = (env.RUNTIME_DIRECTORY ?? '').split(':');
  if (service) return path.join(service, 'sidecar.sock');
  return env.XDG_RUNTIME_DIR ? path.join(env.XDG_RUNTIME_DIR, 'calumma', 'sidecar.sock') : undefined;
}

/**
 * The socket to listen at, its folder made. `undefined` where nobody has asked for one and it cannot be had: another sidecar has it, or
 * the folder cannot be made.
 */
export async function socketFor({ socketPath, isDefaultSocket }: Places): Promise<string | undefined> {
  if (socketPath === undefined || !isDefaultSocket) return socketPath;
  try {
    await mkdir(path.dirname(socketPath), { recursive: true, mode: 0o700 });
  } catch {
    return undefined;
  }
  return (await isListenedAt(socketPath)) ? undefined : socketPath;
}
