import type { Reading, Source, SourceHost } from '../../core/model.js';
import type { HistoryEntry, Writable, WriteEntries, WriteOptions, Written } from '../../core/writable.js';
import { checkedRemoval, checkedWrite, checkHistory } from '../store/write.js';
import { Clients } from './clients.js';
import { readingsOf } from './feed.js';
import { checked, type Checked, type ZooKeeperSourceOptions } from './options.js';
import { Writer } from './writer.js';

/**
 * Properties in ZooKeeper (3.6 or later; older ones at the price of a request for each node): the nodes below a root, or one document.
 *
 * Changes are pushed: a persistent recursive watch, and everything is compared after each break of the connection and every
 * `reconcile`. What one `multi` changed arrives in one publish. While no server answers, the layer serves what it has, and is stale
 * after two thirds of the session timeout; when one does, it tells what is really different. A root that is not there is an empty
 * layer, watched until it comes. Nodes that we may not read are left out.
 *
 * The version is the largest transaction that changed a node or the children of one; origins are `zk:/config/gateway/limit@41`.
 *
 * `set` and `delete` write all keys in one `multi`, together with an entry of the history, whose node also keeps two writers apart.
 * ZooKeeper takes 1 MiB in one write. Keys have to be names of nodes: no control characters, no half of a surrogate pair, no emoji.
 * Documents can be written as `.properties` only; comments in them are lost.
 *
 * @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_UNKNOWN_FORMAT`
 * @example
 * const store = zookeeper({ connect: 'zk1:2181,zk2:2181,zk3:2181', root: '/config/gateway' });
 * await store.set({ limit: 50 }, { author: 'ann', reason: 'traffic peak' });
 */
export function zookeeper(options: ZooKeeperSourceOptions): Source & Writable {
  return new ZooKeeperStore(checked(options));
}

class ZooKeeperStore implements Source, Writable {
  readonly name: string;
  readonly from: readonly string[];
  readonly #checked: Checked;
  readonly #clients: Clients;
  readonly #writer: Writer;

  constructor(options: Checked) {
    this.name = options.place.what;
    this.from = fromOf(options);
    this.#checked = options;
    this.#clients = new Clients(options);
    this.#writer = new Writer(this.#clients, options);
  }

  readings(signal: AbortSignal, host?: SourceHost): AsyncIterable<Reading> {
    return readingsOf(this.#clients, this.#checked, signal, host);
  }

  async set(entries: WriteEntries, options: WriteOptions): Promise<Written> {
    const what = `${this.name}.set`;
    return this.#writer.write(what, checkedWrite(what, entries, options));
  }

  async delete(keys: string | Iterable<string>, options: WriteOptions): Promise<Written> {
    const what = `${this.name}.delete`;
    return this.#writer.write(what, checkedRemoval(what, keys, options));
  }

  async history(key?: string, limit?: number): Promise<HistoryEntry[]> {
    const what = `${this.name}.history`;
    const asked = checkHistory(what, key, limit);
    return this.#writer.history(what, asked.key, asked.limit);
  }
}

/** The root as each server has it: an ensemble may exchange its servers one by one. Of a client that was handed in only the root is known. */
function fromOf({ place, connection }: Checked): string[] {
  const path = place.chroot + place.root;
  return connection === undefined ? [path] : connection.connect.split('/', 1).join().split(',').map((server) => server.trim() + path);
}
