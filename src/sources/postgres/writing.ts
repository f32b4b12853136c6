import { standaloneHost } from '../../core/model.js';
import type { TablePlan } from '../table/plan.js';
import type { WithConnection } from '../table/writer.js';
import type { Connect } from './clients.js';
import { PostgresConnection } from './connection.js';
import { codeOf } from './errors.js';
import { answerLimit, Link } from './link.js';
import type { Settings } from './options.js';

/** Other writers came in between, and nothing was done: 40001 serialization failure, 40P01 deadlock. */
const againCodes: ReadonlySet<string> = new Set(['40001', '40P01']);

const tries = 3;

/** A connection for each write: writes are rare, and the one that is listened to must not wait for them. */
export function lender(settings: Settings, plan: TablePlan, connect: Connect): WithConnection {
  return async (work) => {
    for (let attempt = 1; ; attempt++) {
      const link = await openLink(settings, plan, connect);
      try {
        return await work(new PostgresConnection(link));
      } catch (error) {
        if (attempt === tries || !mayTryAgain(error)) throw error;
      } finally {
        link.giveBack();
      }
    }
  };
}

async function openLink({ name, timeout }: Settings, plan: TablePlan, connect: Connect): Promise<Link> {
  // Somebody awaits it, with the deadline of each step: it may keep the process alive, and cannot be given up.
  const connected = await connect({ what: name, table: plan.query === undefined ? plan.table : undefined, timeout, signal: new AbortController().signal, background: false });
  return new Link(connected, answerLimit(standaloneHost.maxBytes));
}

function mayTryAgain(error: unknown): boolean {
  return error instanceof Error && againCodes.has(codeOf(error.cause));
}
