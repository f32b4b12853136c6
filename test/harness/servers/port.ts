import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that the system hands out by itself (from 32768 on Linux): any connection of another test could be given
// one of those while its server is down. Each process counts through a slice of its own, so that neither another process
// nor a later server of this one takes a port between the question and the answer.
const firstPort = 20_000;
const slices = 100;
const sliceSize = 120;
let taken = 0;

/** A loopback port that nobody listens on, and that stays free while its server is down. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < sliceSize; tries += 1) {
    const port = firstPort + (process.pid % slices) * sliceSize + (taken % sliceSize);
    taken += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`expected a free port among ${sliceSize} from ${firstPort + (process.pid % slices) * sliceSize}, found none`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    server.close();
  }
}
