import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A loopback port that nobody listens on, and that stays free while its server is down: it lies below the ports that the
 * system hands out by itself (from 32768 on Linux), of which any connection of another test could take one meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
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
