import { openSocket, type ZooKeeperTls } from './connection.js';
import type { Server } from './servers.js';
import type { Clock } from './timing.js';

export interface SearchOptions {
  readonly tls: ZooKeeperTls | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const firstPause = 100;
const longestPause = 60_000;
const answerWithin = 1_000;

/** Asks one server after the other whether it has a quorum again, with pauses that grow. Undefined when it was called off. */
export async function findWritable(servers: readonly Server[], options: SearchOptions): Promise<Server | undefined> {
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    await rest(pause, options);
    for (const server of servers) {
      if (options.signal.aborted) return undefined;
      if ((await askMode(server, options)) === 'rw') return server;
    }
    if (options.signal.aborted) return undefined;
  }
}

/** The four letters `isro` ask a server before any handshake; it answers `rw` or `ro` and closes. */
function askMode(server: Server, { tls, clock, signal }: SearchOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      socket.destroy();
      resolve(answer.length >= 2 ? answer.slice(0, 2) : undefined);
    };
    const timer = clock.after(answerWithin, done);
    signal.addEventListener('abort', done, { once: true });
    const socket = openSocket(server, tls, () => socket.write('isro'));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (answer.length >= 2) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

function rest(ms: number, { clock, signal }: SearchOptions): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
