/**
 * What a connection of our own is set to:
 *
 * - errors instead of values that are cut to what fits (strict mode);
 * - times in UTC;
 * - who waits for a lock gives up before we give the server up, so that no ghosts queue there;
 * - a statement that nobody waits for any more ends (`max_statement_time` is MariaDB's, `max_execution_time` MySQL's: each reads
 *   its own comment).
 *
 * @param timeoutMs deadline of one answer
 * @param idleMs pause between two uses: the server must not hang up meanwhile
 */
export function ownSettings(timeoutMs: number, idleMs: number): string {
  return `${sessionOf(timeoutMs)}, wait_timeout = GREATEST(@@SESSION.wait_timeout, ${Math.min(seconds(idleMs * 3), 2_147_483)})`;
}

/** The same for a connection of somebody's pool, whose settings {@link present} reads before. */
export function lentSettings(timeoutMs: number): string {
  return `${sessionOf(timeoutMs)}, autocommit = 1`;
}

/** Reads what {@link lentSettings} changes, and whether the connection speaks UTF-8. */
export const present =
  'SELECT @@SESSION.character_set_client, @@SESSION.character_set_results, @@SESSION.sql_mode, @@SESSION.time_zone, ' +
  '@@SESSION.lock_wait_timeout, @@SESSION.innodb_lock_wait_timeout, @@SESSION.autocommit, @@SESSION.sql_safe_updates ' +
  '/*M!100101 , @@SESSION.max_statement_time */ /*!50708 , @@SESSION.max_execution_time */';

/** Puts back what was read. Values are texts. */
export function restored([, , mode, zone, lock, rowLock, autocommit, safe, statement]: readonly unknown[]): string {
  return (
    `SET SESSION sql_mode = '${String(mode)}', time_zone = '${String(zone)}', lock_wait_timeout = ${String(lock)}, ` +
    `innodb_lock_wait_timeout = ${String(rowLock)}, autocommit = ${String(autocommit)}, sql_safe_updates = ${String(safe)} ` +
    `/*M!100101 , max_statement_time = ${String(statement)} */ /*!50708 , max_execution_time = ${String(statement)} */`
  );
}

function sessionOf(timeoutMs: number): string {
  const lock = Math.max(1, seconds(timeoutMs) - 1);
  const statement = Math.max(60, 12 * seconds(timeoutMs));
  return (
    `SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES'), time_zone = '+00:00', sql_safe_updates = 0, ` +
    `lock_wait_timeout = ${lock}, innodb_lock_wait_timeout = ${lock} ` +
    `/*M!100101 , max_statement_time = ${statement} */ /*!50708 , max_execution_time = ${statement * 1_000} */`
  );
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
