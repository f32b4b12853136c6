import { type Config, withoutUserinfo } from '../../index.js';

const mask = '***';

/** Makes of a value what may be shown of it. */
export type Shown = (key: string, value: string | undefined) => string | null;

/** For texts as they stand in a store: what is filled from a secret does not stand in them. */
export function shownRaw(config: Config): Shown {
  const secrets = new Map<string, boolean>();
  return (key, value) => {
    if (value === undefined) return null;
    const secret = secrets.get(key) ?? config.explain(key).secret;
    secrets.set(key, secret);
    return secret ? mask : withoutUserinfo(value);
  };
}

/**
 * For values that are not in the config (any more, or yet), whose making cannot be asked about: one that contains a secret of now, or of
 * the entries that come, is masked as a whole.
 */
export function shownFilled(config: Config, coming: ReadonlyMap<string, string> = new Map()): Shown {
  const raw = shownRaw(config);
  let secrets: readonly string[] | undefined;
  return (key, value) => {
    const shown = raw(key, value);
    if (value === undefined || shown === mask) return shown;
    secrets ??= secretValues(config, coming);
    return secrets.some((secret) => value.includes(secret)) ? mask : shown;
  };
}

/** Shorter ones stand inside ordinary words, and are no secrets. */
const shortest = 4;

function secretValues(config: Config, coming: ReadonlyMap<string, string>): string[] {
  const entries = [...config.entries(), ...coming].filter(([key, value]) => value.length >= shortest && config.explain(key).secret);
  return [...new Set(entries.map(([, value]) => value))];
}
