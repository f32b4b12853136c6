import { dialect } from './connection.js';
import type { PgNotification } from './pg.js';
import type { Link } from './link.js';

/** The schema and the name of a table, as the triggers see them; no row if it is not there. */
const whereabouts = 'SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)';

// The rule stands in the triggers of schema.ts, too. A channel has a name of at most 63 bytes.
const channelName = `CASE WHEN octet_length(nspname::text || relname::text) <= 54 THEN 'calumma:' || nspname || '.' || relname
  ELSE 'calumma:' || md5(nspname || '.' || relname) END`;

/** Where the triggers of `postgresSchema` announce changes of a table; `undefined` if there is no such table. */
export async function channelOf(link: Link, quotedTable: string): Promise<string | undefined> {
  const { rows } = await link.query(`SELECT ${channelName} FROM (${whereabouts}) t`, [quotedTable]);
  return rows[0]?.[0] as string | undefined;
}

/** What was announced and not yet looked at. */
export class News {
  #keys = new Set<string>();
  #any = false;

  /** Listens from now on: what is changed after this resolves is told. */
  async listen(link: Link, channel: string, ring: () => void): Promise<void> {
    link.onNotification((notification) => {
      if (notification.channel !== channel) return;
      this.#add(notification);
      ring();
    });
    await link.query(`LISTEN ${dialect.quote(channel)}`);
  }

  /** What was announced so far: `any` if anything was, and the keys that were named. It is forgotten by that. */
  take(): { readonly any: boolean; readonly keys: ReadonlySet<string> } {
    const taken = { any: this.#any, keys: this.#keys };
    this.#any = false;
    this.#keys = new Set();
    return taken;
  }

  #add({ payload = '' }: PgNotification): void {
    this.#any = true;
    for (const key of keysIn(payload)) this.#keys.add(key);
  }
}

/** `["a","b"]`. Anything else, such as nothing at all, says that there is something new, and not what. */
function keysIn(payload: string): string[] {
  try {
    const keys: unknown = JSON.parse(payload);
    return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}
