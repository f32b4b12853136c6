import { type ConfigError, SourceError } from '../../core/errors.js';
import type { Reading, SourceHost } from '../../core/model.js';
import { standaloneHost } from '../../core/model.js';
import { TreeCache, type TreeBatch } from '../../zookeeper/tree/index.js';
import { Mailbox } from '../mailbox.js';
import type { Clients, Lease } from './clients.js';
import { OneDocument } from './document.js';
import { zookeeperError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import type { Layout } from './layout.js';
import { NodePerKey } from './node-per-key.js';
import { isOwnedBy, type Checked } from './options.js';

/** More than that is said as everything: it is worked out in slices then. */
const largePart = 500;
const bootLookMs = 50;

/**
 * The readings of one reader, out of a tree cache. A broken connection ends nothing: the cache comes back by itself and tells
 * real differences; the layer is stale meanwhile, from the moment when no server was heard for two thirds of the session.
 */
export async function* readingsOf(clients: Clients, checked: Checked, signal: AbortSignal, host: SourceHost = standaloneHost): AsyncGenerator<Reading> {
  if (signal.aborted) return;
  const feed = new Feed(clients.lend(), checked, host);
  // A reader that leaves must not wait for a server that hangs.
  const close = (): void => feed.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    yield* feed.readings(signal);
  } finally {
    signal.removeEventListener('abort', close);
    feed.close();
  }
}

class Feed {
  readonly #lease: Lease;
  readonly #checked: Checked;
  readonly #host: SourceHost;
  readonly #layout: Layout;
  readonly #cache: TreeCache;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #mailbox = new Mailbox();
  #jobs = Promise.resolve();
  #hasSpoken = false;
  /** What is there now cannot be used: everything has to be said anew once it can. */
  #isBroken = false;
  #version: string | undefined;
  #heardAt = performance.now();
  #isAsking = false;
  #isReported = false;
  #pulse: NodeJS.Timeout | undefined;
  #boot: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(lease: Lease, checked: Checked, host: SourceHost) {
    const { place, reconcileMs } = checked;
    this.#lease = lease;
    this.#checked = checked;
    this.#host = host;
    const maxBytes = Math.ceil(host.maxBytes * 1.25);
    this.#layout = place.layout === 'document' ? new OneDocument(place, maxBytes) : new NodePerKey(place, maxBytes);
    this.#cache = new TreeCache(lease.client, place.root, {
      reconcileMs,
      maxBytes,
      ...(place.layout === 'document' ? { maxDepth: 0 } : place.root === '/' ? { accept: (path: string) => isOwnedBy(place, path) } : {}),
    });
    this.#heartbeat = place.heartbeat === undefined ? undefined : new Heartbeat(lease.client, place.heartbeat, (error) => this.#host.warn(zookeeperError(`${place.what}: heartbeat ${place.heartbeat ?? ''}`, error)));
  }

  async *readings(signal: AbortSignal): AsyncGenerator<Reading> {
    const cache = this.#cache;
    cache.on('changes', (batch) => (batch.cause === 'load' ? undefined : this.#job(() => this.#changed(batch))));
    cache.on('initialized', () => void this.#job(() => this.#loaded()));
    cache.on('checked', () => void this.#job(() => this.#confirmed()));
    cache.on('error', (error) => this.#fail(zookeeperError(this.#what, error)));
    cache.on('state', ({ state, reason }) => {
      if (state === 'closed' && !this.#isClosed) this.#mailbox.fail(this.#ended(reason));
    });
    cache.start();
    this.#heartbeat?.start();
    this.#watchOver();
    yield* this.#mailbox.readings(signal);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#pulse);
    clearInterval(this.#boot);
    this.#heartbeat?.close();
    void this.#cache.close();
    this.#lease.giveBack();
  }

  get #what(): string {
    const { what, chroot, root } = this.#checked.place;
    return `${what}: node ${chroot}${root}`;
  }

  /** One after the other, in the order in which it was told. */
  #job(work: () => Promise<void> | void): Promise<void> {
    this.#jobs = this.#jobs.then(() => (this.#isClosed ? undefined : work())).catch((error: unknown) => this.#unusable(error));
    return this.#jobs;
  }

  async #loaded(): Promise<void> {
    if (this.#hasSpoken && !this.#isBroken) return this.#confirmed();
    await this.#sayAll();
  }

  async #changed(batch: TreeBatch): Promise<void> {
    if (!this.#hasSpoken || this.#isBroken || batch.changes.length > largePart) return this.#sayAll();
    const reading = this.#layout.part(batch, this.#cache);
    if (reading !== undefined) this.#say(reading);
  }

  async #sayAll(): Promise<void> {
    const reading = await this.#layout.whole(this.#cache);
    this.#hasSpoken = true;
    this.#isBroken = false;
    this.#say(reading);
  }

  #say(reading: Reading): void {
    this.#version = reading.version;
    this.#heard();
    this.#mailbox.put(reading);
  }

  /** Nothing has changed, but perhaps the version: a write that leaves a value as it was has one too. */
  #confirmed(): void {
    if (!this.#hasSpoken || this.#isBroken) return;
    const about = this.#layout.about(this.#cache);
    if (about.version !== this.#version) this.#say({ kind: 'patch', set: new Map(), remove: new Set(), ...about });
    else this.#confirm();
  }

  #confirm(): void {
    this.#heard();
    if (this.#hasSpoken && !this.#isBroken && this.#cache.state === 'live' && this.#heartbeat?.isSilent !== true) this.#host.confirm();
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#isReported = false;
  }

  #unusable(error: unknown): void {
    this.#isBroken = true;
    this.#fail(zookeeperError(this.#what, error));
  }

  #fail(error: ConfigError): void {
    if (!this.#isClosed) this.#host.fail(error);
  }

  #ended(reason: unknown): ConfigError {
    const error = zookeeperError(this.#what, reason);
    // No server will take us before somebody has changed something.
    return error instanceof SourceError ? new SourceError(error.message, { cause: error.cause, retryAfterMs: 5_000 }) : error;
  }

  #watchOver(): void {
    const readMs = (this.#lease.client.sessionTimeoutMs * 2) / 3;
    this.#pulse = setInterval(() => this.#look(readMs), readMs / 4).unref();
    // The first failure to connect is known long before that.
    this.#boot = setInterval(() => {
      const { lastError } = this.#lease.client;
      if (this.#hasSpoken || lastError !== undefined) clearInterval(this.#boot);
      if (!this.#hasSpoken && lastError !== undefined) this.#fail(zookeeperError(this.#what, lastError));
    }, bootLookMs).unref();
  }

  #look(readMs: number): void {
    const silence = performance.now() - this.#heardAt;
    if (silence > readMs && !this.#isReported) {
      this.#isReported = true;
      const why = this.#cache.lastError;
      this.#fail(why === undefined ? this.#silent(silence) : zookeeperError(this.#what, why));
    }
    if (this.#heartbeat?.isSilent === true) this.#fail(this.#mute());
    else void this.#ask();
  }

  /** Asks for a sign of life. What the server has told before its answer was heard before it. */
  async #ask(): Promise<void> {
    const { client } = this.#lease;
    if (this.#isAsking || client.state !== 'connected') return;
    this.#isAsking = true;
    try {
      await client.exists(this.#checked.place.root, { background: true });
      if (!this.#isClosed && this.#cache.state === 'live') this.#confirm();
    } catch {
      // The state of the client tells it.
    } finally {
      this.#isAsking = false;
    }
  }

  #silent(ms: number): SourceError {
    return new SourceError(`${this.#what}: expected an answer of a server, found none for ${Math.round(ms)} ms: check that ${this.#checked.connection?.connect ?? 'the servers'} can be reached`);
  }

  #mute(): SourceError {
    return new SourceError(`${this.#what}: expected news of the heartbeat at ${this.#checked.place.heartbeat ?? ''} within 15 s, found none: the server answers, but tells of no changes`);
  }
}
