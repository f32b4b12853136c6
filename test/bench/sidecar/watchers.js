/** node watchers.js URL COUNT: so many clients of the event stream. Says by IPC when each has what, on the clock of the machine. */
import { connect } from 'node:net';

const [url, count] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const clients = [];
let lost = 0;

for (let at = 0; at < Number(count); at += 200) {
  await Promise.all(Array.from({ length: Math.min(200, Number(count) - at) }, open));
}
process.on('message', async ({ name, value }) => process.send({ answer: await does[name](value) }));
process.on('disconnect', () => process.exit());
process.send({ answer: clients.length });

function open() {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write('GET /v1/watch?snapshot=false HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    const client = { text: '', waiting: undefined };
    socket.setEncoding('latin1');
    socket.once('data', () => {
      clients.push(client);
      resolve();
    });
    socket.on('data', (text) => take(client, text));
    socket.on('close', () => lost++);
    socket.on('error', reject);
  });
}

function take(client, text) {
  if (client.waiting === undefined) return;
  client.text += text;
  const { value, told } = client.waiting;
  if (!client.text.includes(`"value":"${value}"`)) return;
  client.waiting = undefined;
  client.text = '';
  told(Number(process.hrtime.bigint()) / 1e6);
}

let heard;
const does = {
  /** From now on the clients wait for a change to this value. */
  expect(value) {
    heard = Promise.all(clients.map((client) => new Promise((told) => (client.waiting = { value, told }))));
    return undefined;
  },
  /** When the last one had it, and how many were cut off. */
  async heard() {
    const times = await heard;
    return { last: Math.max(...times), told: times.length, lost };
  },
};
