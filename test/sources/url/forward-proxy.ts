import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ForwardProxy {
  readonly port: number;
  /** `CONNECT 127.0.0.1:443`, `GET http://…`. */
  readonly asked: string[];
  readonly headers: Record<string, unknown>[];
  /** Connections that are open now. */
  readonly open: () => number;
}

/**
 * A forward proxy: tunnels with CONNECT, and passes on what is asked for in the absolute form.
 *
 * @param credentials `user:password`; without them it asks for them
 * @param hold takes connections and says nothing
 */
export async function forwardProxy(options: { credentials?: string; hold?: boolean } = {}): Promise<ForwardProxy> {
  const { credentials, hold = false } = options;
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const headers: Record<string, unknown>[] = [];
  const allowed = (given: string | undefined) => credentials === undefined || given === `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    headers.push({ ...incoming.headers });
    const { 'proxy-authorization': given, ...passed } = incoming.headers;
    if (!allowed(given)) return void response.writeHead(407).end();
    const onward = request(incoming.url!, { headers: passed }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  server.on('connect', (incoming, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    headers.push({ ...incoming.headers });
    client.on('error', () => undefined);
    if (hold) return void client.resume().on('end', () => client.destroy());
    if (!allowed(incoming.headers['proxy-authorization'])) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    const [host, port] = incoming.url!.split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked, headers, open: () => sockets.size };
}
