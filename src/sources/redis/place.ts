/** Where the properties of a layer lie in Redis. */
export interface Place {
  readonly kind: 'hash' | 'prefix';
  /** The hash, or what the names of all keys begin with. */
  readonly name: string;
  /** The stream of what was written through us. */
  readonly history: string;
  readonly historyLength: number;
  readonly db: number;
}

/** For messages: `hash "config"`. */
export function placeName({ kind, name }: Place): string {
  return `${kind} ${JSON.stringify(name)}`;
}

/** Where a key stands: `redis:config:gateway.limit`. */
export function originIn({ kind, name }: Place): (key: string) => string {
  const start = kind === 'hash' ? `redis:${name}:` : `redis:${name}`;
  return (key) => start + key;
}

/** Text in a pattern of Redis that stands for itself. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^-]/g, '\\$&');
}
