/**
 * node load.js: asks a server over several connections that stay open, each request after the answer before, as fast as it answers.
 * By hand on sockets: a client library costs more than the server that is measured.
 */
import { connect } from 'node:net';

const connections = 16;

process.on('message', async (task) => process.send({ answer: await ask(task) }));
process.on('disconnect', () => process.exit());
process.send({ answer: 'ready' });

/** @returns requests per second */
async function ask({ url, path, headers, answerBytes, ms }) {
  const { hostname, port } = new URL(url);
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  const start = performance.now();
  const end = start + ms;
  const counts = await Promise.all(Array.from({ length: connections }, () => askUntil(end, connect(Number(port), hostname), request, answerBytes)));
  return (counts.reduce((sum, count) => sum + count, 0) / (performance.now() - start)) * 1_000;
}

function askUntil(end, socket, request, answerBytes) {
  return new Promise((resolve, reject) => {
    let [count, missing] = [0, answerBytes];
    socket.setNoDelay(true).on('error', reject).once('connect', () => socket.write(request));
    socket.on('data', ({ length }) => {
      missing -= length;
      if (missing > 0) return;
      if (missing < 0) return reject(new Error(`expected ${answerBytes} bytes a time, found ${-missing} more`));
      count += 1;
      missing = answerBytes;
      if (performance.now() < end) return socket.write(request);
      socket.destroy();
      resolve(count);
    });
  });
}
