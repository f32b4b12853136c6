import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { Lane } from './lane.js';
import { freePort } from './servers/port.js';

/** A TCP proxy inside the test process, in front of a server on the loopback interface: what networks do, on request. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Clients that are connected now. */
  readonly connections: number;
  /** Connections that were ever taken. */
  readonly accepted: number;
  /** Bytes passed on so far, to the server and to the clients. */
  readonly bytes: { readonly toServer: number; readonly toClient: number };
  /** Where new connections go from now on. */
  target(port: number): void;
  /** Passes everything on so many milliseconds late, both ways. */
  delay(ms: number): void;
  /** Passes on that many more bytes from the server, counted over all connections, then closes the one that they end on. */
  cutAfter(bytes: number): void;
  /** Breaks all connections with a RST; new ones are taken. */
  reset(): void;
  /** Swallows everything both ways, without a word: connections stay open, and new ones are taken. */
  blackhole(): void;
  /** Closes all connections, and refuses new ones. Resolves when the port is closed. */
  refuse(): Promise<void>;
  /** Passes everything on again, at once, on the same port. Connections of which something was swallowed are broken. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param target the port of the server
 * @example
 * const proxy = await openProxy(server.port);
 * proxy.blackhole();
 */
export async function openProxy(target: number): Promise<Proxy> {
  const proxy = new TcpProxy(await freePort(), target);
  await proxy.listen();
  return proxy;
}

type Direction = 'toServer' | 'toClient';

class TcpProxy implements Proxy {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly bytes = { toServer: 0, toClient: 0 };
  accepted = 0;
  #target: number;
  #delayMs = 0;
  #swallows = false;
  #leftUntilCut = Infinity;
  #listener: Server | undefined;
  readonly #links = new Set<Link>();

  constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  get connections(): number {
    return [...this.#links].filter(({ client }) => !client.destroyed).length;
  }

  async listen(): Promise<void> {
    // Half open: each side's end is passed on by itself.
    const listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#listener = listener;
    listener.unref();
    listener.listen(this.port, this.host);
    await once(listener, 'listening');
  }

  target(port: number): void {
    this.#target = port;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  cutAfter(bytes: number): void {
    this.#leftUntilCut = bytes;
  }

  reset(): void {
    for (const link of this.#links) link.reset();
  }

  blackhole(): void {
    this.#swallows = true;
    for (const link of this.#links) link.swallowWaiting();
  }

  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = listener && once(listener, 'close');
    listener?.close();
    for (const link of this.#links) link.end();
    await closed;
  }

  async heal(): Promise<void> {
    this.#swallows = false;
    this.#delayMs = 0;
    this.#leftUntilCut = Infinity;
    for (const link of this.#links) {
      if (link.swallowed) link.reset();
      else link.flush();
    }
    if (this.#listener === undefined) await this.listen();
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    const link = new Link(client, connect({ port: this.#target, host: this.host, allowHalfOpen: true }));
    this.#links.add(link);
    this.#pass(link, 'toServer');
    this.#pass(link, 'toClient');
  }

  #pass(link: Link, direction: Direction): void {
    const [from, to] = direction === 'toServer' ? [link.client, link.server] : [link.server, link.client];
    from.unref().setNoDelay();
    from.on('data', (chunk: Buffer) => this.#later(link, direction, () => this.#write(link, direction, to, chunk)));
    from.on('end', () => this.#later(link, direction, () => to.end()));
    // A server that cannot be reached, a client that resets: the other side shall see it too.
    from.on('error', () => this.#later(link, direction, () => link.reset()));
    from.on('close', () => {
      if (to.destroyed) this.#links.delete(link);
    });
  }

  #later(link: Link, direction: Direction, act: () => void): void {
    if (this.#swallows) link.swallowed = true;
    else link.lanes[direction].add(this.#delayMs, act);
  }

  #write(link: Link, direction: Direction, to: Socket, chunk: Buffer): void {
    if (to.destroyed || !to.writable) return;
    const passed = direction === 'toServer' ? chunk : chunk.subarray(0, this.#leftUntilCut);
    this.bytes[direction] += passed.length;
    to.write(passed);
    if (direction === 'toClient') this.#countDown(link, passed.length);
  }

  #countDown(link: Link, passed: number): void {
    this.#leftUntilCut -= passed;
    if (this.#leftUntilCut > 0) return;
    this.#leftUntilCut = Infinity;
    link.end();
  }
}

/** A client's connection and the one to the server that belongs to it. */
class Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly lanes: Readonly<Record<Direction, Lane>> = { toServer: new Lane(), toClient: new Lane() };
  /** Something of it is lost: what came after it would make no sense. */
  swallowed = false;

  constructor(client: Socket, server: Socket) {
    this.client = client;
    this.server = server;
  }

  /** Both sides get what was written to them, then the end. */
  end(): void {
    this.#forgetWaiting();
    this.client.destroySoon();
    this.server.destroySoon();
  }

  reset(): void {
    this.#forgetWaiting();
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  flush(): void {
    for (const lane of Object.values(this.lanes)) lane.flush();
  }

  swallowWaiting(): void {
    if (this.#forgetWaiting() > 0) this.swallowed = true;
  }

  #forgetWaiting(): number {
    return Object.values(this.lanes).flatMap((lane) => lane.clear()).length;
  }
}
