import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';

/**
 * The variable that answers a key, by the last of MicroProfile's three steps: what is no ASCII letter, digit or `_` becomes `_`, and
 * all of it upper case.
 *
 * @example variableOf('gateway.limit'); // 'GATEWAY_LIMIT'
 */
export function variableOf(key: string): string {
  return key.replace(/[^A-Za-z0-9_]/g, '_').replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/**
 * Entries as an environment: values by the names of their variables, so that `env()` answers the same keys from it.
 *
 * @throws ConfigError `CALUMMA_COLLISION` when two keys with different values have one name, `CALUMMA_OPTION` for what no environment
 *   can hold: an empty name, a NUL. Both name every key that is concerned
 * @example environmentOf([['gateway.limit', '50']]); // GATEWAY_LIMIT → 50
 */
export function environmentOf(entries: Iterable<readonly [key: string, value: string]>): Map<string, string> {
  const variables = new Map<string, { readonly key: string; readonly value: string }>();
  const collisions: string[] = [];
  const misfits: string[] = [];
  for (const [key, value] of new Map(entries)) {
    const name = variableOf(key);
    const other = variables.get(name);
    if (name === '' || value.includes('\0')) misfits.push(quote(key));
    else if (other === undefined) variables.set(name, { key, value });
    else if (other.value !== value) collisions.push(`${quote(other.key)} and ${quote(key)} are both ${name}`);
  }
  if (misfits.length > 0) throw new ConfigError('CALUMMA_OPTION', `an environment has no empty names and no NUL characters: ${misfits.join(', ')}`);
  if (collisions.length > 0) throw new ConfigError('CALUMMA_COLLISION', `in the environment, ${collisions.join('; ')}`);
  return new Map([...variables].map(([name, { value }]) => [name, value]));
}

/**
 * Assignments for a shell, and for dotenv as far as the two agree: it has no word for a value with a CR, with both kinds of quotes, or
 * with a backslash at its end. Never in backticks, which only dotenv takes for quotes: a shell would run what stands in them.
 */
export function renderEnv(entries: Iterable<readonly [key: string, value: string]>): string {
  let text = '';
  for (const [name, value] of environmentOf(entries)) text += `${name}=${quoted(value)}\n`;
  return text;
}

function quoted(value: string): string {
  if (/^[\w./:@%+,=-]*$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  // What a shell would look at between double quotes.
  if (!/["$`\\]/.test(value)) return `"${value}"`;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
