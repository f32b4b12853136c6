import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Config } from '../index.js';
import { hasBody } from './http/answer.js';
import { bodyOfRequest } from './http/body.js';
import type { Access } from './access.js';
import { appOf } from './app.js';
import { Clients } from './news/clients.js';
import type { Door, Way } from './door/door.js';
import { openDoor } from './door/open.js';
import { tlsOptions } from './door/tls.js';
import { listenAt, listenAtSocket } from './http/listen.js';
import { Namespaces } from './held/namespaces.js';
import { expectConfigs, type Settings, settingsOf, type SidecarOptions } from './options.js';
import { Problem } from './http/problem.js';
import { refuse } from './http/refuse.js';
import { Tally } from './held/tally.js';
import { read, type Reader } from './reading.js';
import { type Target, targetOf } from './http/target.js';
import { Underway } from './http/underway.js';
import { Watchers } from './news/watch.js';

/** A sidecar that runs. */
export interface Sidecar {
  /** `http://127.0.0.1:8078`; `undefined` where it listens at a socket only. */
  readonly url: string | undefined;
  readonly socketPath: string | undefined;
  /**
   * Serves other configs from now on. Nobody is cut off: who follows a name that stays is told what differs.
   *
   * @throws ConfigError `CALUMMA_OPTION` when there is none; nothing has changed then
   */
  reload(configs: Readonly<Record<string, Config>>): void;
  /** Takes nobody new, answers who waits, ends the streams; what is not done after `drainMs` (default 5,000) is cut. The configs stay open. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * Serves configs by HTTP, to every language on this host.
 *
 * @example
 * const config = createConfig({ layers: [values({ 'gateway.limit': '50' })] });
 * const sidecar = await startSidecar({ configs: { default: config }, listen: { port: 0 } });
 * const answer = await fetch(`${sidecar.url}/v1/config/default/gateway.limit`);
 * await answer.text(); // '50'
 * await sidecar.close();
 * @throws ConfigError `CALUMMA_OPTION` for a wrong option, also an address that other hosts reach without `tokenFile` or `tls.ca`; `CALUMMA_LISTEN` when the address or the socket is taken, or may not be used
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const settings = settingsOf(options);
  const service = new Service(options.configs, settings, openDoor(settings));
  try {
    return await service.listen();
  } catch (error) {
    await service.close({ drainMs: 0 });
    throw error;
  }
}

class Service implements Sidecar {
  readonly #settings: Settings;
  readonly #reader: Reader;
  readonly #door: Door;
  readonly #servers: Server[] = [];
  readonly #rest: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly #known = new WeakMap<IncomingMessage, { readonly access: Access; readonly target: Target }>();
  #url: string | undefined;
  #socketPath: string | undefined;

  constructor(configs: Readonly<Record<string, Config>>, settings: Settings, door: Door) {
    const namespaces = new Namespaces(configs, settings.limits);
    const clients = new Clients(settings.limits.clients);
    const underway = new Underway(settings.limits.underwayBytes);
    const watchers = new Watchers(clients, underway, { heartbeatMs: settings.heartbeatMs, stuckMs: settings.limits.stuckMs });
    namespaces.onGone((namespace) => watchers.endOf(namespace));
    this.#settings = settings;
    this.#door = door;
    this.#reader = { namespaces, clients, watchers, underway };
    const tally = new Tally(namespaces);
    const app = appOf({ namespaces, clients, settings, tally, startedAt: Date.now() });
    this.#rest = getRequestListener((request, env) => app.fetch(request, { ...(env as HttpBindings), ...this.#known.get((env as HttpBindings).incoming) }), {
      overrideGlobalObjects: false,
    });
  }

  get url(): string | undefined {
    return this.#url;
  }

  get socketPath(): string | undefined {
    return this.#socketPath;
  }

  async listen(): Promise<Sidecar> {
    const { listen, socketPath, tls } = this.#settings;
    if (listen !== undefined) {
      const port = await listenAt(this.#server('tcp'), listen.host, listen.port);
      this.#url = `${tls === undefined ? 'http' : 'https'}://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}`;
    }
    if (socketPath !== undefined) {
      await listenAtSocket(this.#server('socket'), socketPath);
      this.#socketPath = socketPath;
    }
    return this;
  }

  reload(configs: Readonly<Record<string, Config>>): void {
    expectConfigs(configs);
    this.#reader.namespaces.reload(configs);
  }

  async close({ drainMs = 5_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    const { clients, watchers, namespaces } = this.#reader;
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    clients.endAll();
    watchers.close();
    for (const server of this.#servers) server.closeIdleConnections();
    const cut = setTimeout(() => this.#cut(), drainMs);
    await Promise.all(closed);
    clearTimeout(cut);
    namespaces.close();
  }

  #cut(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }

  #server(way: Way): Server {
    const { headerBytes, headersMs, requestMs, connections, headers } = this.#settings.limits;
    const options = { maxHeaderSize: headerBytes, headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: 1_000, keepAliveTimeout: 65_000 };
    const { tls } = this.#settings;
    const server = tls === undefined || way === 'socket' ? createServer(options) : createTlsServer({ ...options, ...tlsOptions(tls), handshakeTimeout: headersMs });
    server.maxConnections = connections;
    // One more than may be: what is above is left out without a word, which could be an Authorization.
    server.maxHeadersCount = headers + 1;
    server.on('request', (request, response) => this.#answer(request, response, way));
    this.#servers.push(server);
    return server;
  }

  #answer(request: IncomingMessage, response: ServerResponse, way: Way): void {
    try {
      this.#expectFewHeaders(request);
      const access = this.#door.access(request, way);
      const target = targetOf(request.url ?? '/');
      if (read(this.#reader, target, access, request, response)) return;
      this.#known.set(request, { access, target });
      void this.#answerRest(request, response);
    } catch (error) {
      refuse(error, request, response);
    }
  }

  #expectFewHeaders({ rawHeaders }: IncomingMessage): void {
    const { headers } = this.#settings.limits;
    if (rawHeaders.length > 2 * headers) throw new Problem(431, 'TOO_MANY_HEADERS', `expected at most ${headers} headers`);
  }

  async #answerRest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      // Read before the route, and with a limit; hono's adapter takes it from here.
      if (hasBody(request)) Object.assign(request, { rawBody: await bodyOfRequest(request, this.#settings.limits.bodyBytes) });
      await this.#rest(request, response);
    } catch (error) {
      refuse(error, request, response);
    }
  }
}
