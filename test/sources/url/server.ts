import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface WebServer {
  readonly origin: string;
  readonly port: number;
  /** Requests so far. */
  readonly asked: Asked[];
  readonly last: () => Asked;
  /** Answers requests from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Connections that are open now. */
  readonly open: () => number;
  close(): Promise<void>;
}

/** A real HTTP server in this process; closed with the test. */
export async function webServer(answer: WebServer['answer'], tls?: ServerOptions, port = 0): Promise<WebServer> {
  const asked: Asked[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    web.answer(request, response);
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const sockets = trackSockets(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const at = (server.address() as AddressInfo).port;
  const web: WebServer = {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${at}`,
    port: at,
    asked,
    last: () => asked.at(-1)!,
    answer,
    open: () => sockets.size,
    close: () => closed(server, sockets),
  };
  onTestFinished(() => web.close());
  return web;
}

/** A server that speaks no HTTP of Node's: `serve` gets each connection once something was asked. */
export async function rawServer(serve: (socket: Socket) => void): Promise<{ origin: string; port: number; open: () => number }> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => serve(socket));
  });
  const sockets = trackSockets(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => closed(server, sockets));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, open: () => sockets.size };
}

interface Listening {
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  close(done: () => void): unknown;
}

function trackSockets(server: Listening): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function closed(server: Listening, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

export interface Page {
  body: string | Buffer;
  status?: number;
  type?: string;
  etag?: string;
  modified?: string;
  headers?: Record<string, string>;
}

/** Answers as a web server does: with a validator it knows, 304. */
export function serve(page: () => Page): WebServer['answer'] {
  return (request, response) => {
    const { body, status = 200, type = 'text/plain', etag, modified, headers = {} } = page();
    const validators = { ...(etag && { etag }), ...(modified && { 'last-modified': modified }) };
    const known = etag === undefined ? modified !== undefined && request.headers['if-modified-since'] === modified : request.headers['if-none-match'] === etag;
    if (status === 200 && known) response.writeHead(304, validators).end();
    else response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...validators, ...headers }).end(body);
  };
}
