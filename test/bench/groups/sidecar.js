import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConfig, url as urlSource } from 'calumma';
import { plainEntries } from '../lib/data.js';
import { absolute, ms, ratio } from '../lib/figure.js';
import { withFolder } from '../lib/folder.js';
import { median } from '../lib/measure.js';
import { worker } from '../lib/worker.js';

const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const script = (name) => new URL(`../sidecar/${name}.js`, import.meta.url);
const onePath = '/v1/config/default/gateway.route1.limit';
const wholePath = '/v1/config/default';

/** @returns {Promise<import('../lib/figure.js').Report>} */
export async function run({ quick }) {
  const figures = [...(await requests(quick)), ...(await crowd(quick)), ...(await multitude()), ...(await starts(quick)), ...(await commands(quick))];
  return {
    title: 'sidecar: requests, clients, starts',
    method: `servers, clients and load in processes of their own; requests: medians of ${quick ? 5 : 9} alternating rounds of ${quick ? 0.5 : 1.5} s over 16 connections`,
    figures,
  };
}

/** Time a request, over that of a bare node:http that answers the same bytes: 0.7 of its requests are 1.43 of its time. */
async function requests(quick) {
  const [sidecar, bare, load] = await Promise.all([worker(script('server'), ['sidecar']), worker(script('server'), ['bare']), worker(script('load'))]);
  try {
    const { headers } = await fetch(sidecar.first + wholePath);
    const cases = [
      { name: 'GET one key', path: onePath, headers: {} },
      { name: '304 of the whole', path: wholePath, headers: { 'if-none-match': headers.get('etag') } },
    ];
    const figures = [];
    for (const one of cases) figures.push(await oneCase(one, { sidecar, bare, load, quick }));
    return figures;
  } finally {
    for (const each of [sidecar, bare, load]) each.close();
  }
}

async function oneCase({ name, path: asked, headers }, { sidecar, bare, load, quick }) {
  await bare.do('learn', [asked, await answerOf(sidecar.first + asked, headers)]);
  const answerBytes = (await rawAnswer(sidecar.first, asked, headers)).length;
  const taken = { sidecar: [], bare: [] };
  for (let round = -3; round < (quick ? 5 : 9); round++) { // the first ones are for the compiler
    const sides = [['sidecar', sidecar.first], ['bare', bare.first]];
    for (const [side, url] of round % 2 === 0 ? sides : sides.reverse()) {
      const perSecond = await load.ask({ url, path: asked, headers, answerBytes, ms: quick ? 500 : 1_500 });
      if (round >= 0) taken[side].push(1e6 / perSecond);
    }
  }
  const [ours, theirs] = [median(taken.sidecar), median(taken.bare)];
  const note = `${Math.round(1e6 / ours).toLocaleString('en')} and ${Math.round(1e6 / theirs).toLocaleString('en')} a second: ${(theirs / ours).toFixed(2)}`;
  return ratio(name, { value: ours, unit: 'µs' }, { value: theirs, unit: 'µs', name: 'node:http' }, 1.43, note);
}

/** What a server answers, in the order and spelling of its headers, but for those that node:http adds by itself. */
async function answerOf(url, headers) {
  const { hostname, port, pathname } = new URL(url);
  const text = await rawAnswer(`http://${hostname}:${port}`, pathname, headers);
  const [head, body] = text.split('\r\n\r\n');
  const [line, ...lines] = head.split('\r\n');
  const own = lines.map((one) => one.split(': ')).filter(([name]) => !['Date', 'Connection', 'Keep-Alive'].includes(name));
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(own), body };
}

async function rawAnswer(url, asked, headers) {
  const { connect } = await import('node:net');
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${asked} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return answer.toString('latin1');
}

/** 1,000 clients of the event stream: what they cost, and when the last one hears of a change. */
async function crowd(quick) {
  const count = 1_000;
  const sidecar = await worker(script('server'), ['sidecar']);
  const first = await worker(script('watchers'), [sidecar.first, '100']);
  try {
    const before = await sidecar.do('memory');
    const clients = await worker(script('watchers'), [sidecar.first, String(count)]);
    const after = await sidecar.do('memory');
    const taken = [];
    for (let round = -2; round < (quick ? 5 : 21); round++) {
      const delay = await told(sidecar, [clients], `r${round}`);
      if (round >= 0) taken.push(delay.ms);
    }
    clients.close();
    return [
      absolute(`change to the last of ${count.toLocaleString('en')} SSE clients, median`, ms(median(taken)), 300),
      absolute('the same, longest', ms(Math.max(...taken)), 300),
      absolute('memory of an idle SSE client, heap and buffers', { value: (after.held - before.held) / count / 1_000, unit: 'kB' }, 20),
      absolute('the same, resident', { value: (after.rss - before.rss) / count / 1_000, unit: 'kB' }, 20),
    ];
  } finally {
    first.close();
    sidecar.close();
  }
}

/** 10,000 clients in four processes, and one change that none may miss. */
async function multitude() {
  const sidecar = await worker(script('server'), ['sidecar']);
  try {
    const clients = await Promise.all(Array.from({ length: 4 }, () => worker(script('watchers'), [sidecar.first, '2500'])));
    const held = await sidecar.do('clients');
    const { ms: delay, heard, lost } = await told(sidecar, clients, 'for all');
    for (const each of clients) each.close();
    return [
      absolute('10,000 SSE clients: not held, or not told of a change', { value: 10_000 - Math.min(held, heard) + lost, unit: '' }, 0),
      absolute('the same: change to the last of them', ms(delay)),
    ];
  } finally {
    sidecar.close();
  }
}

async function told(sidecar, clients, value) {
  await Promise.all(clients.map((each) => each.do('expect', value)));
  const { at } = await sidecar.do('set', value);
  const answers = await Promise.all(clients.map((each) => each.do('heard')));
  return { ms: Math.max(...answers.map(({ last }) => last)) - at, heard: answers.reduce((sum, { told }) => sum + told, 0), lost: answers.reduce((sum, { lost }) => sum + lost, 0) };
}

/** The whole process until `/readyz` is 200: 10 MB in the disk cache, one remote that refuses and one that never answers. */
async function starts(quick) {
  return withFolder(async (folder) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    const description = path.join(folder, 'calumma.yaml');
    const cacheDir = path.join(folder, 'cache');
    const remote = (name, href) => urlSource(href, { name, format: 'json' });
    const entries = [...plainEntries(3, 100_000)];
    const half = entries.length / 2;
    const text = (part) => JSON.stringify(Object.fromEntries(part));
    const living = createHttpServer((request, response) => response.end(request.url === '/one' ? text(entries.slice(0, half)) : text(entries.slice(half)))).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(living, 'listening')]);
    const base = `http://127.0.0.1:${living.address().port}`;
    const config = await createConfig({ layers: [remote('one', `${base}/one`), remote('two', `${base}/two`)], cacheDir, maxBytes: '20MB' }).ready({ timeoutMs: 60_000 });
    const keys = config.keys().length;
    await config.close();
    living.close();
    writeFileSync(description, [
      `cacheDir: ${cacheDir}`,
      'maxBytes: 20MB',
      'layers:',
      `  - url: { name: one, href: "http://127.0.0.1:1/one", format: json }`,
      `  - url: { name: two, href: "http://127.0.0.1:${silent.address().port}/two", format: json }`,
    ].join('\n'));
    const taken = [];
    for (let round = -1; round < (quick ? 5 : 15); round++) {
      const one = await startOnce(description, keys);
      if (round >= 0) taken.push(one);
    }
    silent.close();
    return [absolute('start with 10 MB cached and every remote dead, until /readyz is 200', ms(median(taken)), 1_000, `${keys.toLocaleString('en')} keys; longest ${Math.round(Math.max(...taken))} ms`)];
  });
}

async function startOnce(description, keys) {
  const start = performance.now();
  const child = spawn(process.execPath, [main, 'sidecar', '--config', description, '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const url = await addressOf(child);
    for (;;) {
      const { status } = await fetch(`${url}/readyz`);
      if (status === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const took = performance.now() - start;
    const { namespaces } = await (await fetch(`${url}/v1/status`)).json();
    if (namespaces.default.keys !== keys || namespaces.default.source !== 'snapshot') throw new Error(`ready with ${namespaces.default.keys} keys, ${namespaces.default.source}`);
    return took;
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function addressOf(child) {
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    const [found] = /http:\/\/\S+/.exec(text) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error('the sidecar ended without an address');
}

/** `calumma get KEY` of a running sidecar, the whole process, over one that does nothing. */
async function commands(quick) {
  const sidecar = await worker(script('server'), ['sidecar']);
  try {
    const taken = { get: [], nothing: [] };
    for (let round = -2; round < (quick ? 15 : 41); round++) {
      const get = timed([main, 'get', 'gateway.route7.limit', '--sidecar', sidecar.first], '7\n');
      const nothing = timed(['-e', '0'], '');
      if (round < 0) continue;
      taken.get.push(get);
      taken.nothing.push(nothing);
    }
    const over = median(taken.get) - median(taken.nothing);
    return [absolute('calumma get KEY --sidecar URL, over node -e 0', ms(over), 60, `${Math.round(median(taken.get))} and ${Math.round(median(taken.nothing))} ms`)];
  } finally {
    sidecar.close();
  }
}

function timed(args, expected) {
  const start = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const took = performance.now() - start;
  if (stdout !== expected) throw new Error(`expected ${JSON.stringify(expected)}, found ${stdout}${stderr}`);
  return took;
}
