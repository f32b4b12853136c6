import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createParser } from 'eventsource-parser';
import { type Config, createConfig, memory, type MemorySource } from '../../src/index.js';
import { type Sidecar, type SidecarOptions, startSidecar } from '../../src/sidecar/index.js';

export { until } from '../sources/following.js';

export interface Rig {
  readonly store: MemorySource;
  readonly config: Config;
  readonly sidecar: Sidecar;
  readonly url: string;
}

/** A config of one layer in memory behind a sidecar at a free port, both closed when the test is over. */
export async function serving(record: Readonly<Record<string, string>> = {}, options: Partial<SidecarOptions> = {}): Promise<Rig> {
  const store = memory(record);
  const config = createConfig({ layers: [store], context: {} });
  const sidecar = await sidecarOf({ configs: { default: config }, ...options });
  onTestFinished(() => config.close());
  return { store, config, sidecar, url: sidecar.url! };
}

export async function sidecarOf(options: SidecarOptions): Promise<Sidecar> {
  const sidecar = await startSidecar({ listen: { port: 0 }, ...options });
  onTestFinished(() => sidecar.close({ drainMs: 0 }));
  return sidecar;
}

export interface Event {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: never;
}

/** A client of the event stream: what it was told, and the id it would come back with. */
export interface Watching {
  readonly events: Event[];
  readonly text: () => string;
  lastId(): string | undefined;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  stop(): void;
}

export async function watching(url: string, lastEventId?: string): Promise<Watching> {
  const stopping = new AbortController();
  const response = await fetch(url, { signal: stopping.signal, headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const events: Event[] = [];
  let text = '';
  const parser = createParser({ onEvent: ({ id, event, data }) => events.push({ id, event, data: JSON.parse(data) as never }) });
  const decoder = new TextDecoder();
  const read = async (): Promise<void> => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const piece = decoder.decode(chunk, { stream: true });
      text += piece;
      parser.feed(piece);
    }
  };
  const ended = read().catch(() => undefined);
  const stop = (): void => stopping.abort();
  onTestFinished(stop);
  return { events, text: () => text, lastId: () => events.at(-1)?.id, ended, stop };
}

/** A bare TCP connection to a sidecar. */
export async function raw(url: string): Promise<Socket & { readonly received: () => string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk)).on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return Object.assign(socket, { received: () => received });
}
