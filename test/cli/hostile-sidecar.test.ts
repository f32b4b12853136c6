import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';

import { inProcess } from './in-process.js';

/** Something that listens where a sidecar should, and says what it likes. */
async function answering(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const piece = 'x'.repeat(1024 * 1024);

/** Writes and writes, as fast as it is taken. */
function endless(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

const evil = '\u001b]0;mine\u0007\u202e\u009b31m';
const everything = {
  key: evil, value: evil, layer: evil, version: evil, masked: [], values: { [evil]: evil },
  winner: { layer: evil, raw: evil, origin: evil, since: evil }, hidden: [], unread: [evil], interpolation: [{ expression: evil, value: evil, depth: 1e9 }],
  errors: [{ code: evil, message: evil }], entries: [{ key: evil, version: evil, at: evil, author: evil, reason: evil, before: evil, after: evil }], changes: [{ key: evil, before: evil, after: evil }],
};
const verbs = [['list'], ['explain', 'a'], ['history'], ['set', 'a=1', '--reason', 'r'], ['set', 'a=1', '--dry-run'], ['rollback', '1', '--reason', 'r'], ['diff', '--revision', '1']];

describe('what answers as no sidecar would', () => {
  it.each([...verbs, ['get', 'a'], ['watch']])('without an end, is not read to its end by %s', async (...args) => {
    const url = await answering((_, response) => {
      response.writeHead(200, { 'content-type': args[0] === 'watch' ? 'text/event-stream' : 'application/json' });
      response.write('data: {"values":{"a":"');
      endless(response);
    });
    expect(await inProcess([...args, '--sidecar', url])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^calumma: expected an answer of at most \d+ characters, found more: is it a sidecar\?\n$/) as unknown });
  }, 60_000);

  it.each(['null', '[]', '"x"', '5', '{"values":null,"winner":5,"entries":{},"changes":null,"layer":[]}', '{"values":{"a":5},"winner":{"layer":{}},"entries":[null],"changes":[5],"version":{}}', 'not JSON'])(
    'but %s, is a failure in one line',
    async (text) => {
      const url = await answering((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text));
      for (const args of verbs) {
        expect(await inProcess([...args, '--sidecar', url]), args.join(' ')).toEqual({ code: 1, stdout: '', stderr: `calumma: ${url} does not answer as a sidecar does: is it one?\n` });
      }
      const stream = await answering((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: snapshot\ndata: ${text}\n\n`));
      expect(await inProcess(['watch', '--sidecar', stream])).toEqual({ code: 1, stdout: '', stderr: `calumma: ${stream} does not answer as a sidecar does: is it one?\n` });
    },
  );

  it.each([200, 500])('with control characters and status %i, does nothing to a terminal', async (status) => {
    const url = await answering((_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ ...everything, error: { code: evil, message: evil } })));
    // diff finds no such version, and says nothing of what it has read.
    for (const args of verbs.filter(([verb]) => verb !== 'diff')) {
      const { stdout, stderr } = await inProcess([...args, '--sidecar', url]);
      expect(stdout + stderr, args.join(' ')).toContain('mine');
      expect(stdout + stderr, args.join(' ')).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    }
  });
});
