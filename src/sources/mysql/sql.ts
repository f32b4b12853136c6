import { kindOf } from '../../core/check.js';
import type { Dialect } from '../table/contract.js';

/*
 * Values are put into the text of a statement here, not by prepared statements: those cost the server a slot each, which a pool
 * of somebody else has perhaps better use for, and take no LIMIT. The literals read the same in every sql_mode.
 */

export const mysqlDialect: Dialect = {
  quote: (name) => `\`${name.replaceAll('`', '``')}\``,
  // Not `?`: a query of the user's may have one in a text. A NUL stands in no name and no query.
  placeholder: (n) => `\0${n}\0`,
  // VALUES(…) is the one spelling that both servers know.
  upsert: ({ table, columns, value, rows }) =>
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows} ON DUPLICATE KEY UPDATE ${value} = VALUES(${value})`,
  // The column may have another character set.
  bytes: (column) => `OCTET_LENGTH(CONVERT(${column} USING utf8mb4))`,
  marksWrites: true,
};

/** The statement with its values in it. */
export function bound(sql: string, params: readonly unknown[]): string {
  return sql.replace(/\0(\d+)\0/g, (_, n: string) => literal(params[Number(n) - 1]));
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  // `2025-11-26 14:03:07.123`: sessions are in UTC.
  if (value instanceof Date) return text(value.toISOString().slice(0, -1).replace('T', ' '));
  if (value instanceof Uint8Array) return `X'${hex(value)}'`;
  if (typeof value === 'string') return text(value);
  throw new TypeError(`mysql: expected a parameter that is text, a number or bytes, found ${kindOf(value)}`);
}

/** A backslash means something in one sql_mode and nothing in another; all else is safe on a connection that speaks utf8mb4. */
function text(value: string): string {
  return value.includes('\\') ? `_utf8mb4 X'${hex(Buffer.from(value))}'` : `'${value.replaceAll("'", "''")}'`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
