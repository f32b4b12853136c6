import { SourceError } from '../../core/errors.js';
import type { SourceHost } from '../../core/model.js';
import type { OpenStore, StoreEvents, StoreSession } from '../store/follow.js';
import { Chronicle } from './chronicle.js';
import type { Limit } from './comparison.js';
import { Connection } from './connection.js';
import type { Dial } from './dial.js';
import { HashReader } from './hash-reader.js';
import { HashSession } from './hash-session.js';
import { deaf, listen, type Hearing, type Tell } from './hearing.js';
import { placeName, type Place } from './place.js';
import { PrefixReader } from './prefix-reader.js';
import { PrefixSession } from './prefix-session.js';

export interface Following {
  readonly dial: Dial;
  readonly place: Place;
  readonly notifications: 'auto' | 'keyspace' | false;
}

/** Opens a connection to read, one to listen, and begins to listen: what is loaded then cannot miss a change. */
export function opener(following: Following): OpenStore {
  return async (events, host, signal) => {
    const links = new Links(following.dial, events, signal);
    try {
      return await begin(following, links, events, host);
    } catch (error) {
      links.close();
      throw error;
    }
  };
}

type Session = StoreSession & { tell(names: readonly string[] | undefined): boolean };

async function begin(following: Following, links: Links, events: StoreEvents, host: SourceHost): Promise<StoreSession> {
  const { dial, place, notifications } = following;
  const where = `${dial.what}: ${placeName(place)}`;
  const connection = await links.open();
  const chronicle = await Chronicle.of(connection, dial.what, place);
  let hearing: Hearing = deaf;
  const session = sessionOf(following, { where, connection, chronicle, links }, host, () => hearing);
  const tell: Tell = (names) => {
    if (session.tell(names)) events.changed();
  };
  if (notifications !== false) hearing = await hear(links, following, notifications, tell);
  links.watchOver();
  return session;
}

async function hear(links: Links, { dial, place }: Following, only: 'auto' | 'keyspace', tell: Tell): Promise<Hearing> {
  const listener = await links.open();
  const hearing = await listen(listener, dial.what, place, only, tell);
  if (hearing.kind === 'none') links.drop(listener);
  return hearing;
}

interface Opened {
  readonly where: string;
  readonly connection: Connection;
  readonly chronicle: Chronicle;
  readonly links: Links;
}

function sessionOf(following: Following, opened: Opened, host: SourceHost, hearing: () => Hearing): Session {
  const { dial, place } = following;
  const { where, connection, chronicle, links } = opened;
  const limit: Limit = { what: dial.what, maxBytes: host.maxBytes };
  const parts = { where, place, connection, chronicle, close: () => links.close() };
  if (place.kind === 'hash') {
    return new HashSession({ ...parts, reader: new HashReader(connection, where, place, chronicle, limit) }, hearing);
  }
  return new PrefixSession({ ...parts, reader: new PrefixReader(connection, where, place, chronicle, limit) }, hearing);
}

/** The connections of one session: they live and die together. */
class Links {
  readonly #dial: Dial;
  readonly #events: StoreEvents;
  readonly #signal: AbortSignal;
  readonly #open = new Set<Connection>();
  #pulse: NodeJS.Timeout | undefined;

  constructor(dial: Dial, events: StoreEvents, signal: AbortSignal) {
    this.#dial = dial;
    this.#events = events;
    this.#signal = signal;
    signal.addEventListener('abort', this.close, { once: true });
  }

  async open(): Promise<Connection> {
    const connection = await Connection.open(this.#dial, this.#events.lost, this.#signal);
    this.#open.add(connection);
    if (this.#signal.aborted) throw new SourceError(`${this.#dial.what}: the connection is no longer needed`);
    return connection;
  }

  drop(connection: Connection): void {
    this.#open.delete(connection);
    connection.close();
  }

  /** A connection that nobody asks anything may be dead for hours: each is asked for a sign of life, so that the deadline is kept. */
  watchOver(): void {
    if (this.#signal.aborted) return;
    const quarterMs = Math.max(1, Math.ceil(this.#dial.timeoutMs / 4));
    this.#pulse = setInterval(() => {
      for (const connection of this.#open) connection.ping(3 * quarterMs).catch(this.#events.lost);
    }, quarterMs).unref();
  }

  readonly close = (): void => {
    this.#signal.removeEventListener('abort', this.close);
    clearInterval(this.#pulse);
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  };
}
