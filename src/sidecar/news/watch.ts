import type { IncomingMessage, ServerResponse } from 'node:http';
import { Channel, type Interest } from './channel.js';
import { type Client, type Clients, nameOf } from './clients.js';
import type { Namespace } from '../held/namespace.js';
import { Stream, type StreamOwner } from './stream.js';
import type { Underway } from '../http/underway.js';

/** How somebody wants to watch. */
export interface WatchRequest extends Interest {
  readonly lastEventId: string | undefined;
  /** Whether a client that is new gets everything first. */
  readonly snapshot: boolean;
}

/** Everybody who watches by event stream, in channels of those who get the same. */
export class Watchers {
  readonly #clients: Clients;
  readonly #underway: Underway;
  readonly #channels = new Map<string, Channel>();
  readonly #beat: NodeJS.Timeout;

  constructor(clients: Clients, underway: Underway, { heartbeatMs, stuckMs }: { readonly heartbeatMs: number; readonly stuckMs: number }) {
    this.#clients = clients;
    this.#underway = underway;
    this.#beat = setInterval(() => this.#beatAll(stuckMs), heartbeatMs).unref();
  }

  /** @throws Problem 503 when too many watch already */
  open(wanted: WatchRequest, request: IncomingMessage, response: ServerResponse): void {
    this.#clients.expectRoom();
    const name = JSON.stringify([wanted.namespaces.map((one) => one.name), wanted.prefix, wanted.reveal]);
    const channel = this.#channels.get(name) ?? new Channel(wanted);
    this.#channels.set(name, channel);
    const watcher = new Watcher(wanted, channel, (owner) => new Stream(response, owner, this.#underway), nameOf(request), () => {
      this.#clients.remove(watcher);
      if (channel.size > 0 || this.#channels.get(name) !== channel) return;
      channel.close();
      this.#channels.delete(name);
    });
    this.#clients.add(watcher);
    watcher.start(wanted);
  }

  /** Ends the streams that show a namespace which is gone. */
  endOf({ name }: Namespace): void {
    for (const client of [...this.#clients.all]) if (client.namespaces.includes(name)) client.end();
  }

  close(): void {
    clearInterval(this.#beat);
  }

  #beatAll(stuckMs: number): void {
    const now = Date.now();
    for (const channel of this.#channels.values()) {
      channel.beat();
      channel.expectProgress(stuckMs, now);
    }
  }
}

/** One client of the event stream. */
class Watcher implements Client {
  readonly kind = 'watch';
  readonly name: string;
  readonly since = Date.now();
  readonly #interest: Interest;
  readonly #channel: Channel;
  readonly #stream: Stream;

  constructor(interest: Interest, channel: Channel, open: (owner: StreamOwner) => Stream, name: string, left: () => void) {
    this.name = name;
    this.#interest = interest;
    this.#channel = channel;
    this.#stream = open({
      caughtUp: (stream) => channel.caughtUp(stream),
      left: (stream) => {
        channel.leave(stream);
        left();
      },
    });
  }

  get namespaces(): readonly string[] {
    return this.#interest.namespaces.map(({ name }) => name);
  }

  get prefix(): string {
    return this.#interest.prefix;
  }

  start({ lastEventId, snapshot }: WatchRequest): void {
    this.#channel.join(this.#stream, lastEventId, snapshot);
  }

  told(): string {
    return this.#channel.told(this.#stream);
  }

  end(): void {
    // Not all at once: those who end together would come back together.
    this.#stream.end(Buffer.from(`retry: ${1_000 + Math.floor(Math.random() * 1_000)}\n\n`));
  }
}
