import type { Reading, Source, SourceHost } from '../../core/model.js';
import type { HistoryEntry, Writable, WriteEntries, WriteOptions, Written } from '../../core/writable.js';
import { keptAwake } from '../awake.js';
import { followStore } from '../store/follow.js';
import { checkedRemoval, checkedWrite, checkHistory } from '../store/write.js';
import { checked, type Checked, type RedisOptions } from './options.js';
import { opener } from './session.js';
import { Writer } from './writer.js';

/**
 * Properties in Redis (5 or later; one server, or a primary with replicas): the fields of a hash, or the strings below a prefix.
 *
 * Redis has no schema. What lies there, with `hash: 'config'`:
 *
 *   config           hash     the properties: `HSET config gateway.limit 50` will do
 *   config:history   stream   what was written through `set` and `delete`, one entry a key: `version number bytes author reason key before after`
 *
 * With `prefix: 'config:'` each property is a string, `config:gateway.limit`, and the history is `config::history`.
 *
 * **Changes** are told by the server where it can (see `notifications`), and looked for every `every` underneath. Its configuration is
 * never changed: keyspace notifications need `notify-keyspace-events` to have `Kghxe` for a hash, `Kg$xe` for a prefix. A prefix is found
 * by scanning all keys of the database; where the server tells of no changes that happens every `every`, so choose a hash then.
 *
 * **What is changed together arrives together**, by `set`, by one `HSET` or `MSET`, in MULTI and EXEC, or by a script. The one
 * exception: keys below a prefix that are created without a pause, while the server tells of no changes.
 *
 * **Versions** are those of the history, which knows only what is written through `set` and `delete`: a change by others has none, and
 * `expectedVersion` does not see it. A hash or prefix that is not there is an empty layer: Redis makes no difference.
 *
 * @throws ConfigError `CALUMMA_OPTION`; `CALUMMA_CLIENT` from its readings when ioredis is not installed
 * @example
 * const store = redis({ url: 'redis://:secret@redis.internal:6379/0', hash: 'config' });
 * await store.set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'traffic peak' });
 */
export function redis(options: RedisOptions): Source & Writable {
  return new RedisStore(checked(options));
}

class RedisStore implements Source, Writable {
  readonly name: string;
  readonly #checked: Checked;
  readonly #writer: Writer;

  constructor(options: Checked) {
    this.name = options.name;
    this.#checked = options;
    this.#writer = new Writer(options.dial, options.place);
  }

  readings(signal: AbortSignal, host?: SourceHost): AsyncIterable<Reading> {
    const { rhythm, ...following } = this.#checked;
    return followStore(opener(following), rhythm, signal, host);
  }

  async set(entries: WriteEntries, options: WriteOptions): Promise<Written> {
    const what = `${this.name}.set`;
    return keptAwake(this.#writer.write(what, checkedWrite(what, entries, options)));
  }

  async delete(keys: string | Iterable<string>, options: WriteOptions): Promise<Written> {
    const what = `${this.name}.delete`;
    return keptAwake(this.#writer.write(what, checkedRemoval(what, keys, options)));
  }

  async history(key?: string, limit?: number): Promise<HistoryEntry[]> {
    const asked = checkHistory(`${this.name}.history`, key, limit);
    return keptAwake(this.#writer.history(asked.key, asked.limit));
  }
}
