import { ZooKeeperClient } from '../../zookeeper/index.js';
import type { Checked } from './options.js';

/** A client while somebody uses it. */
export interface Lease {
  readonly client: ZooKeeperClient;
  giveBack(): void;
}

/** One session for all who read and write through one source; it ends when nobody is left. */
export class Clients {
  readonly #checked: Checked;
  #client: ZooKeeperClient | undefined;
  #users = 0;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  lend(): Lease {
    const { client: given, connection } = this.#checked;
    if (given !== undefined) return { client: given, giveBack: () => undefined };
    if (connection === undefined) throw new TypeError('expected a client or a connection');
    const client = this.#usable ?? this.#begin(new ZooKeeperClient(connection));
    this.#users += 1;
    let isOpen = true;
    return {
      client,
      giveBack: () => {
        if (!isOpen) return;
        isOpen = false;
        if (client !== this.#client) return;
        this.#users -= 1;
        if (this.#users === 0) this.#end();
      },
    };
  }

  /** One that no server takes any more is of no use to who comes next. */
  get #usable(): ZooKeeperClient | undefined {
    return this.#client?.lastError?.code === 'AUTHFAILED' ? undefined : this.#client;
  }

  #begin(client: ZooKeeperClient): ZooKeeperClient {
    this.#end();
    this.#client = client;
    // What is wrong is learned from the calls and from the state.
    client.on('error', () => undefined);
    return client;
  }

  #end(): void {
    // A server that hangs is not waited for: the session ends by itself then.
    void this.#client?.close({ signal: AbortSignal.timeout(1_000) });
    this.#client = undefined;
    this.#users = 0;
  }
}
