import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { FrameReader } from '../../src/zookeeper/frames.js';
import { JuteReader, JuteWriter } from '../../src/zookeeper/jute.js';

/** A request that has arrived, without its header. */
export interface Asked {
  readonly xid: number;
  readonly opcode: number;
  readonly body: JuteReader;
}

/** Answers as no real server at hand does: one of an old version, a broken one, one that is none at all. */
export interface Scripted {
  readonly port: number;
  readonly url: string;
  /** How often a connection was taken. */
  readonly accepted: number;
  /** The handshakes that came: session id and last zxid. */
  readonly handshakes: readonly { readonly session: bigint; readonly zxid: bigint }[];
  close(): Promise<void>;
}

export interface Script {
  /** What comes back for the handshake. Default: session 7 with 6 s. */
  readonly greeting?: (count: number, socket: Socket) => Buffer | undefined;
  /** Answers a request. */
  readonly answer?: (asked: Asked, socket: Socket) => void;
}

export function frame(write: (writer: JuteWriter) => void): Buffer {
  const writer = new JuteWriter().int(0);
  write(writer);
  const bytes = writer.bytes();
  bytes.writeInt32BE(bytes.length - 4, 0);
  return bytes;
}

export function greeting(session = 7n, timeoutMs = 6_000, readOnly = false): Buffer {
  return frame((writer) => writer.int(0).int(timeoutMs).long(session).buffer(Buffer.alloc(16, 1)).bool(readOnly));
}

export function reply(xid: number, error = 0, zxid = 1n, body: (writer: JuteWriter) => void = () => undefined): Buffer {
  return frame((writer) => {
    writer.int(xid).long(zxid).int(error);
    body(writer);
  });
}

export async function startScripted(script: Script): Promise<Scripted> {
  const sockets = new Set<Socket>();
  const handshakes: { session: bigint; zxid: bigint }[] = [];
  let accepted = 0;
  const server: Server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    const frames = new FrameReader(1 << 24);
    let greeted = false;
    socket.on('data', (chunk: Buffer) => frames.push(chunk, (bytes) => {
      const body = new JuteReader(bytes);
      if (greeted) return script.answer?.({ xid: body.int(), opcode: body.int(), body }, socket);
      greeted = true;
      body.int();
      const zxid = body.long();
      body.int();
      handshakes.push({ session: body.long(), zxid });
      const answer = (script.greeting ?? (() => greeting()))(accepted, socket);
      if (answer !== undefined) socket.write(answer);
    }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `127.0.0.1:${port}`,
    get accepted() {
      return accepted;
    },
    handshakes,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
