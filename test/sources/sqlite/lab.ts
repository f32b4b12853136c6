import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { onTestFinished } from 'vitest';

import type { Follower } from '../following.js';
import { driverOf, firstRow, type Driver, type SqliteDatabase } from '../../../src/sources/sqlite/driver.js';
import { findClient } from '../../../src/sources/sqlite/clients.js';
import { sqliteSchema } from '../../../src/sources/sqlite/schema.js';
import { testFolder } from '../files/folder.js';

export const journals = ['wal', 'delete'] as const;

/** A database file, and a connection of its own that writes into it. */
export interface Lab {
  readonly path: string;
  readonly database: SqliteDatabase;
  readonly driver: Driver;
  readonly exec: (sql: string) => void;
  /** The first column of the first row. */
  readonly first: (sql: string) => unknown;
}

export interface LabOptions {
  readonly journal?: (typeof journals)[number];
  /** What is run at first. Default: the shipped schema. */
  readonly schema?: string;
}

export function openFile(file: string): SqliteDatabase {
  return findClient('test')(file);
}

export function newLab({ journal = 'wal', schema = sqliteSchema() }: LabOptions = {}): Lab {
  return labAt(testFolder().at('config.db'), { journal, schema });
}

export function labAt(file: string, { journal = 'wal', schema = sqliteSchema() }: LabOptions = {}): Lab {
  const database = openFile(file);
  const driver = driverOf('test', database);
  driver.exec(`PRAGMA journal_mode = ${journal}`);
  driver.exec(schema);
  onTestFinished(() => {
    try {
      driver.close();
    } catch {
      // the test has closed it
    }
  });
  return { path: file, database, driver, exec: (sql) => driver.exec(sql), first: (sql) => firstRow(driver, sql)?.[0] };
}

/** Stops the reader when the test ends. */
export function stopping<F extends Follower>(reader: F): F {
  onTestFinished(() => reader.stop());
  return reader;
}

/** Another process that has the file open, and does what it is told. */
export interface Writer {
  /** Runs a script; resolves when it is done. */
  readonly exec: (sql: string) => Promise<void>;
  readonly kill: () => Promise<void>;
}

export async function otherProcess(file: string): Promise<Writer> {
  const child = fork(path.join(import.meta.dirname, 'writer.js'), [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child, 'message');
  return { exec: (sql) => told(child, sql), kill: () => killed(child) };
}

async function told(child: ChildProcess, sql: string): Promise<void> {
  const answered = once(child, 'message');
  child.send(sql);
  const [answer] = (await answered) as [{ error?: string }];
  if (answer.error !== undefined) throw new Error(answer.error);
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A database whose rows are counted as they are read. */
export function counting(database: SqliteDatabase, count: (rows: number) => void): SqliteDatabase {
  return proxied(database, {
    prepare: (...sql: unknown[]) => {
      const statement = (database as { prepare: (...sql: unknown[]) => object }).prepare(...sql);
      const wrapped: object = proxied(statement, {
        iterate: (...params: unknown[]) => {
          const rows = (statement as { iterate: (...params: unknown[]) => Iterator<unknown> }).iterate(...params);
          return proxied(rows, {
            next: () => {
              const next = rows.next();
              if (next.done !== true) count(1);
              return next;
            },
          });
        },
        raw: (on: boolean) => {
          (statement as { raw: (on: boolean) => unknown }).raw(on);
          return wrapped;
        },
        safeIntegers: (on: boolean) => {
          (statement as { safeIntegers: (on: boolean) => unknown }).safeIntegers(on);
          return wrapped;
        },
      });
      return wrapped;
    },
  });
}

/** An object with some methods of its own; the other ones are called on the object itself. */
function proxied<T extends object>(target: T, own: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof name === 'string' && name in own && value !== undefined) return own[name];
      return typeof value === 'function' ? (value.bind(object) as unknown) : value;
    },
  });
}
