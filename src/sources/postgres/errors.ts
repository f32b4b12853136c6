import { causeOf, reasonOf } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { advised, asUser, crowded, deadlock, grantee, lost, missingColumn, networkAdvice, noTls, other, theTable, type Advice, type Place } from '../table/advice.js';

/**
 * What the client threw, in our words, with what to do. Texts of the server that may quote a value are not shown, nor kept as a cause.
 */
export function problemOf(thrown: unknown, place: Place): ConfigError {
  if (thrown instanceof ConfigError) return thrown;
  const code = codeOf(thrown);
  if (code === '54000') return tooLong(thrown, place);
  const reason = reasonOf(thrown) || code; // of several addresses that refuse there is only a code
  const advice = byCode.get(code) ?? byClass.get(code.slice(0, 2)) ?? byText(reason);
  const cause = quotesValues(code) ? undefined : causeOf(thrown);
  return advised(advice, place, reason, cause);
}

/** The SQLSTATE, or the code of the system; `''` if it has none. */
export function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Classes 22 (data) and 23 (constraints): "invalid input syntax for type integer: "…"", "Failing row contains (…)". */
function quotesValues(code: string): boolean {
  return /^2[23]...$/.test(code);
}

// An entry of a btree index has at most a third of a page: the key is part of the primary key.
function tooLong(cause: unknown, { what }: Place): ConfigError {
  return new ConfigError('CALUMMA_TOO_LARGE', `${what}: expected keys that fit into the index of the table (2704 bytes, compressed), found a longer one`, { cause });
}

const refused: Advice = {
  slowly: true,
  say: (place, reason) => `expected to be let in at ${place.server}${asUser(place)}, found that the server refuses it (${reason}): check user and password, and its pg_hba.conf`,
};
const missingTable: Advice = {
  say: (place, reason) =>
    place.table === undefined
      ? `expected a query that runs at ${place.server}, found that ${reason}`
      : `expected ${theTable(place)} at ${place.server}, found that it is not there: postgresSchema({ table: ${quote(place.table)} }) gives the SQL that creates it; a table outside the search_path is written "schema.table"`,
};
const shutDown: Advice = { say: ({ server }, reason) => `the connection to ${server} was ended by the server (${reason})` };

const byCode: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ...networkAdvice('a PostgreSQL'),
  ['28P01', refused],
  ['28000', refused],
  ['3D000', { slowly: true, say: ({ server }) => `expected the database of ${server}, found that it is not there: create it, or check the name` }],
  ['42P01', missingTable],
  ['3F000', missingTable],
  ['42703', missingColumn],
  ['42883', { say: (place, reason) => `expected columns of other types in ${theTable(place)}, found that ${reason}` }],
  ['42501', { say: (place) => `expected the right to use ${theTable(place)} at ${place.server}, found that ${grantee(place)} has it not: GRANT SELECT lets it read; INSERT, UPDATE, DELETE write` }],
  ['42601', { say: (place, reason) => `expected SQL that PostgreSQL understands, found that it does not (${reason})` }],
  ['22021', { say: (place) => `expected text that ${theTable(place)} can take, found a NUL character, or another one that its encoding has not` }],
  ['25006', { say: ({ server }) => `expected a server that can be written, found that ${server} is read-only (a standby?): give the address of the primary` }],
  ['53300', crowded],
  ['55P03', { say: (place) => `expected ${theTable(place)} within ${place.timeout} ms, found it locked by another session: pg_locks tells by whom` }],
  ['57014', { say: (place) => `expected an answer of ${place.server} within ${place.timeout} ms, found none: raise timeout, or see what keeps ${theTable(place)} busy` }],
  ['57P01', shutDown],
  ['57P02', shutDown],
  ['57P03', { say: ({ server }, reason) => `expected ${server} to be ready, found that it is not yet (${reason})` }],
  ['40001', { say: (place) => `expected ${theTable(place)} for ourselves, found other writers in between: write again` }],
  ['40P01', deadlock],
]);

const byClass: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ['08', lost],
  ['22', { say: (place) => `expected values that ${theTable(place)} can take, found one that does not convert` }],
  ['23', { say: (place) => `expected rows that ${theTable(place)} can take, found one that breaks a constraint of it` }],
]);

// `pg` itself has words only.
function byText(reason: string): Advice {
  if (/SASL|SCRAM|password must be/i.test(reason)) return { slowly: true, say: (place) => refused.say(place, 'no password was given, or not a text') };
  if (reason.includes('does not support SSL')) return noTls;
  if (/terminated|connection error|was closed/i.test(reason)) return lost;
  return other;
}
