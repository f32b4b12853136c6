import { causeOf, reasonOf } from '../../core/check.js';
import { ConfigError, SourceError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { advised, asUser, crowded, deadlock, grantee, lost, missingColumn, networkAdvice, noTls, other, theTable, untrusted } from '../table/advice.js';
import type { Advice as ServerAdvice, Place as ServerPlace } from '../table/advice.js';

/** Whom we talk to. */
export interface Place extends ServerPlace {
  /** Whether a password is given at all. */
  readonly hasPassword: boolean;
}

interface Advice extends ServerAdvice<Place> {
  /** The server's own words may quote a value: they are not shown, nor kept as a cause. */
  readonly quotesValue?: boolean;
}

/** What the client threw, in our words, with what to do. */
export function problemOf(thrown: unknown, place: Place): ConfigError {
  if (thrown instanceof ConfigError) return thrown;
  const code = codeOf(thrown);
  if (code === 'ER_DATA_TOO_LONG') return tooLong(thrown, place);
  const reason = reasonOf(thrown) || code; // of several addresses that refuse there is only a code
  const advice = byCode.get(code) ?? byText(reason, sqlStateOf(thrown));
  return advice.quotesValue === true ? advised(advice, place, code, undefined) : advised(advice, place, reason, withoutSql(thrown));
}

/** No byte came within the deadline. */
export function serverGone({ what, server, timeout }: Place): SourceError {
  return new SourceError(
    `${what}: expected an answer of ${server} within ${timeout} ms, found none: the server hangs or cannot be reached, or raise timeout`,
  );
}

/** `ER_NO_SUCH_TABLE`, or the code of the system; `''` if it has none. */
function codeOf(thrown: unknown): string {
  const { code, errno } = (thrown ?? {}) as { code?: unknown; errno?: unknown };
  return byMariadb.get(errno) ?? (typeof code === 'string' ? code : '');
}

/** Errors of MariaDB that the client has no name for, or another one: numbers of MySQL. */
const byMariadb: ReadonlyMap<unknown, string> = new Map([
  [1927, 'ER_CONNECTION_KILLED'],
  [1969, 'ER_STATEMENT_TIMEOUT'],
  [4025, 'ER_CONSTRAINT_FAILED'],
]);

/** The server undid the transaction in favour of another one: the same work may do the next time. */
export function isRolledBack(error: unknown): boolean {
  const code = error instanceof SourceError ? codeOf(error.cause) : '';
  return code === 'ER_LOCK_DEADLOCK' || code === 'ER_CHECKREAD';
}

function sqlStateOf(thrown: unknown): string {
  const { sqlState } = (thrown ?? {}) as { sqlState?: unknown };
  return typeof sqlState === 'string' ? sqlState : '';
}

/** The client's errors carry the statement, which has the values of a write in it. */
function withoutSql(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return causeOf(thrown);
  const { code, errno, sqlState } = thrown as Error & { code?: unknown; errno?: unknown; sqlState?: unknown };
  return Object.assign(new Error(thrown.message), { code, errno, sqlState });
}

// "Data too long for column 'key' at row 1": the server cuts nothing, in the mode that we set.
function tooLong(thrown: unknown, place: Place): ConfigError {
  const [, column = ''] = /column '(.*)' at row/.exec(reasonOf(thrown)) ?? [];
  return new ConfigError(
    'CALUMMA_OPTION',
    `${place.what}: expected what fits into ${theTable(place)}, found something too long for its column ${quote(column)}: nothing was written`,
  );
}

const refused: Advice = {
  slowly: true,
  say: (place, reason) =>
    `expected to be let in at ${place.server}${asUser(place)}, found that the server refuses it (${reason}): ` +
    (place.hasPassword ? 'check user and password, from which hosts the user may come, and whether the server wants TLS' : 'no password is given; check user and password'),
};
const forbiddenDatabase: Advice = {
  slowly: true,
  say: (place, reason) => `expected the right to use the database of ${place.server}, found that ${grantee(place)} has it not (${reason}): GRANT SELECT on its table gives it`,
};
const missingDatabase: Advice = {
  slowly: true,
  say: ({ server }, reason) => `expected the database of ${server}, found that it is not there (${reason}): create it, or check the name`,
};
const noDatabase: Advice = {
  slowly: true,
  say: ({ server }) => `expected the name of a database, found none for ${server}: give database, or write the table as "database.table"`,
};
const missingTable: Advice = {
  say: (place, reason) =>
    place.table === undefined
      ? `expected a query that runs at ${place.server}, found that ${reason}`
      : `expected ${theTable(place)} at ${place.server}, found that it is not there (${reason}): ` +
        `mysqlSchema({ table: ${quote(place.table)} }) gives the SQL that creates it`,
};
const forbidden: Advice = {
  say: (place, reason) =>
    `expected the right to use ${theTable(place)} at ${place.server}, found that ${grantee(place)} has it not (${reason}): ` +
    'GRANT SELECT lets it read; INSERT, UPDATE, DELETE write',
};
const locked: Advice = {
  say: (place) => `expected ${theTable(place)} within ${place.timeout} ms, found it locked by another session: SHOW PROCESSLIST tells by whom`,
};
const slow: Advice = {
  say: (place, reason) => `expected ${place.server} to answer, found that it was stopped (${reason}): see what keeps ${theTable(place)} busy`,
};
const changed: Advice = { say: (place, reason) => `expected ${theTable(place)} to stay as it is while it is read, found that it changed (${reason})` };
const readOnly: Advice = {
  say: ({ server }, reason) => `expected a server that can be written, found that ${server} is read-only (${reason}): give the address of the primary`,
};
const onlyTls: Advice = { slowly: true, say: ({ server }) => `expected to be let in at ${server}, found that it wants TLS: give ssl` };
const tooLarge: Advice = { say: ({ server }, reason) => `expected statements that ${server} takes, found a larger one (${reason}): raise max_allowed_packet` };
const syntax: Advice = { slowly: true, say: (place, reason) => `expected SQL that ${place.server} understands, found that it does not (${reason})` };
const badValue: Advice = {
  quotesValue: true,
  say: (place, code) => `expected keys and values that ${theTable(place)} can take, found one that it cannot (${code}): widen its columns`,
};
const badRow: Advice = {
  quotesValue: true,
  say: (place, code) => `expected rows that ${theTable(place)} can take, found one that breaks a constraint of it (${code})`,
};

const byCode: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ...networkAdvice('a MySQL or MariaDB'),
  ['ER_ACCESS_DENIED_ERROR', refused],
  ['ER_ACCESS_DENIED_NO_PASSWORD_ERROR', refused],
  ['ER_DBACCESS_DENIED_ERROR', forbiddenDatabase],
  ['ER_HOST_NOT_PRIVILEGED', refused],
  ['ER_HOST_IS_BLOCKED', refused],
  ['ER_BAD_DB_ERROR', missingDatabase],
  ['ER_NO_DB_ERROR', noDatabase],
  ['ER_NO_SUCH_TABLE', missingTable],
  ['ER_BAD_TABLE_ERROR', missingTable],
  ['ER_BAD_FIELD_ERROR', missingColumn],
  ['ER_TABLEACCESS_DENIED_ERROR', forbidden],
  ['ER_COLUMNACCESS_DENIED_ERROR', forbidden],
  ['ER_CON_COUNT_ERROR', crowded],
  ['ER_TOO_MANY_USER_CONNECTIONS', crowded],
  ['ER_USER_LIMIT_REACHED', crowded],
  ['ER_LOCK_WAIT_TIMEOUT', locked],
  ['ER_STATEMENT_TIMEOUT', slow],
  ['ER_QUERY_TIMEOUT', slow],
  ['ER_QUERY_INTERRUPTED', slow],
  ['ER_LOCK_DEADLOCK', deadlock],
  ['ER_CHECKREAD', deadlock],
  ['ER_TABLE_DEF_CHANGED', changed],
  ['ER_OPTION_PREVENTS_STATEMENT', readOnly],
  ['ER_READ_ONLY_MODE', readOnly],
  ['ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', readOnly],
  ['ER_SERVER_SHUTDOWN', lost],
  ['ER_CONNECTION_KILLED', lost],
  ['ER_CLIENT_INTERACTION_TIMEOUT', lost],
  ['ER_NET_PACKET_TOO_LARGE', tooLarge],
  ['ER_PARSE_ERROR', syntax],
  ['ER_SECURE_TRANSPORT_REQUIRED', onlyTls],
  ['PROTOCOL_CONNECTION_LOST', lost],
  ['HANDSHAKE_NO_SSL_SUPPORT', noTls],
  ['HANDSHAKE_SSL_ERROR', untrusted],
  // "Incorrect integer value: '…' for column": these quote what was written, and have no SQLSTATE of their own class.
  ['ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', badValue],
  ['ER_CONSTRAINT_FAILED', badRow],
  ['ER_CHECK_CONSTRAINT_VIOLATED', badRow],
]);

/** Classes 22 (data) and 23 (constraints) quote values; some errors of the client itself have words only. */
function byText(reason: string, sqlState: string): Advice {
  if (sqlState.startsWith('22')) return badValue;
  if (sqlState.startsWith('23')) return badRow;
  if (/closed state|connection is closed|pool is closed/i.test(reason)) return lost;
  return other;
}
