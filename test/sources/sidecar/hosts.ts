import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands between a sidecar and its clients. */
export interface Middle {
  readonly port: number;
  /** Paths that were asked for, with the status of the answer. */
  readonly asked: string[];
  close(): void;
}

/** A proxy that lets no stream through, as many do. */
export async function withoutStreams(port: number, status = 406): Promise<Middle> {
  const asked: string[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    if (url.startsWith('/v1/watch')) {
      asked.push(`${status} ${url}`);
      return status === 200 ? response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders() : response.writeHead(status).end('no streams here');
    }
    const passed = request({ port, host: '127.0.0.1', path: url, headers, agent: false }, (answer) => {
      asked.push(`${answer.statusCode} ${url}`);
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy()).end();
    response.on('close', () => passed.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, asked, close };
}
