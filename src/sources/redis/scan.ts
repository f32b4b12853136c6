import type { Command, Connection } from './connection.js';

/** What SCAN or HSCAN finds, portion by portion. */
export async function* scanned(connection: Connection, where: string, command: (cursor: string) => Command): AsyncGenerator<readonly Buffer[]> {
  for (let cursor = '0'; ; ) {
    const [reply] = await connection.ask(where, [command(cursor)]);
    const [next, found] = reply as readonly [Buffer, readonly Buffer[]];
    yield found;
    cursor = next.toString();
    if (cursor === '0') return;
  }
}
