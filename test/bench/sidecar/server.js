/**
 * node --expose-gc server.js ROLE: `sidecar` is a sidecar of 1,000 keys, `bare` a node:http that answers the same bytes as it.
 * Tells its address by IPC, and does as it is told.
 */
import { createServer } from 'node:http';

const record = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`gateway.route${at}.limit`, String(at)]));

const open = { sidecar: openSidecar, bare: openBare };
const { url, does } = await open[process.argv[2]]();
process.on('message', async ({ name, value }) => process.send({ answer: await does[name](value) }));
process.on('disconnect', () => process.exit());
process.send({ answer: url });

async function openSidecar() {
  const { createConfig, memory } = await import('calumma');
  const { startSidecar } = await import('calumma/sidecar');
  const store = memory(record);
  const { url } = await startSidecar({ configs: { default: createConfig({ layers: [store] }) }, listen: { port: 0 }, heartbeatMs: 3_600_000 });
  const set = (value) => {
    const at = now();
    store.set('gateway.route1.limit', value);
    return { at, tookMs: now() - at };
  };
  return { url, does: { set, memory: heldMemory, clients: async () => (await (await fetch(`${url}/v1/status`)).json()).watchers } };
}

/** Learns by the first request to each path what the sidecar answers there. */
async function openBare() {
  const known = new Map();
  const server = createServer((request, response) => {
    const { status, headers, body } = known.get(request.url);
    response.writeHead(status, headers);
    response.end(body);
  }).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 65_000;
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, does: { learn: ([path, answer]) => void known.set(path, answer) } };
}

async function heldMemory() {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, rss };
}

/** ms of a clock that all processes of this machine share. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
