import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { FrameReader } from '../../src/zookeeper/frames.js';
import { opcodes, xids } from '../../src/zookeeper/requests.js';

/** Stands in front of a real server, reads the frames that pass and changes or drops some. */
export interface Filter {
  readonly url: string;
  /** Requests by operation, since it was opened. */
  readonly asked: ReadonlyMap<number, number>;
  close(): Promise<void>;
}

export interface FilterRules {
  /** Before 3.6: what came with it is unknown, as the server itself says. */
  readonly isOld?: boolean;
  /** Whether events are passed on. Default: all. */
  readonly events?: () => boolean;
  /** What has to happen before a request is passed on; those behind it wait. */
  readonly before?: (frame: Buffer) => Promise<unknown> | undefined;
}

const unknownOperation = 9_999;
const since36: readonly number[] = [opcodes.multiRead, opcodes.getAllChildrenNumber, opcodes.setWatches2, opcodes.addWatch];

export async function openFilter(port: number, { isOld = false, events = () => true, before = () => undefined }: FilterRules): Promise<Filter> {
  const asked = new Map<number, number>();
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    pass(client, server, (frame, isFirst) => {
      if (isFirst) return frame;
      const operation = frame.readInt32BE(8);
      asked.set(operation, (asked.get(operation) ?? 0) + 1);
      if (isOld && since36.includes(operation)) frame.writeInt32BE(unknownOperation, 8);
      return frame;
    }, before);
    pass(server, client, (frame, isFirst) => (!isFirst && frame.readInt32BE(4) === xids.event && !events() ? undefined : frame));
    for (const socket of [client, server]) sockets.add(socket.unref());
  });
  listener.unref();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `127.0.0.1:${(listener.address() as { port: number }).port}`,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function pass(from: Socket, to: Socket, change: (frame: Buffer, isFirst: boolean) => Buffer | undefined, before: NonNullable<FilterRules['before']> = () => undefined): void {
  const frames = new FrameReader(1 << 26);
  let isFirst = true;
  let turn: Promise<unknown> | undefined;
  from.on('data', (chunk: Buffer) => frames.push(Buffer.from(chunk), (body) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    const frame = change(Buffer.concat([length, body]), isFirst);
    isFirst = false;
    if (frame === undefined) return;
    const first = before(frame);
    if (first !== undefined || turn !== undefined) turn = Promise.all([turn, first]).then(() => to.write(frame));
    else to.write(frame);
  }));
  from.on('close', () => to.destroy());
  from.on('error', () => to.destroy());
}
