import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import zookeeper from 'node-zookeeper-client';
import { bulletin } from './bulletin.js';
import { now, sessionTimeoutMs } from './ensemble.js';

const inBench = (file) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** The npm client, as a writer: it has nothing in common with ours. */
export async function openWriter(connect) {
  const client = await connected(connect);
  return {
    set: (at, value) => promised((done) => client.setData(at, Buffer.from(value), done)),
    close: () => client.close(),
  };
}

/** The npm client, as a reader: when it is told that the node has changed, and when it has read what it is now. */
export async function openNpmReader(connect, at) {
  const client = await connected(connect);
  const [events, values] = [bulletin(), bulletin()];
  const look = async (heardAt) => {
    const data = await promised((done) => client.getData(at, () => void look(now()), done));
    events.seen(data.toString(), heardAt);
    values.seen(data.toString(), now());
  };
  await look(now());
  return { events, values, close: () => client.close() };
}

async function connected(connect) {
  const client = zookeeper.createClient(connect, { sessionTimeout: sessionTimeoutMs });
  const connection = once(client, 'connected');
  client.connect();
  await connection;
  return client;
}

function promised(call) {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
}

/**
 * Tree caches of other people, each in a process of its own. They say `ready`, then `seen <ms> <value>` for each value of the node
 * that is changed, and `digest <word>` when they are asked.
 *
 * @param {string} folder for what is compiled
 * @returns {{ name: string, command: string[], missing?: string }[]}
 */
export function otherCaches(folder) {
  return [kazoo(), curator(folder)];
}

function kazoo() {
  const name = 'kazoo TreeCache';
  const python = '/usr/bin/python3';
  try {
    execFileSync(python, ['-c', 'import kazoo.recipe.cache'], { stdio: 'ignore' });
  } catch {
    return { name, missing: "Debian's python3-kazoo is not installed" };
  }
  return { name, command: [python, inBench('python/tree_reader.py')] };
}

const jars = ['curator-recipes', 'curator-framework', 'curator-client', 'zookeeper', 'slf4j-nop'].map((jar) => `/usr/share/java/${jar}.jar`);

function curator(folder) {
  const name = 'Curator CuratorCache';
  if (!jars.every((jar) => existsSync(jar))) return { name, missing: "Debian's libcurator-recipes-java is not installed" };
  const classes = path.join(folder, 'curator');
  mkdirSync(classes);
  try {
    execFileSync('javac', ['-cp', jars.join(':'), '-d', classes, inBench('java/TreeReader.java')], { stdio: 'pipe' });
  } catch (error) {
    if (error.code === 'ENOENT') return { name, missing: 'there is no javac' };
    throw error;
  }
  return { name, command: ['java', '-Xmx256m', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-cp', [classes, ...jars].join(':'), 'TreeReader'] };
}

/** Starts one, and waits until it has everything. @param {string[]} about servers, root, the node that is changed */
export async function startCache({ name, command: [program, ...args] }, about) {
  const started = performance.now();
  const child = spawn(program, [...args, ...about], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  const { seen, when } = bulletin();
  const heard = { ready: undefined, digest: undefined };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, ...rest] = line.split(' ');
    if (word === 'seen') seen(rest[1], Number(rest[0]));
    else heard[word]?.(rest.join(' '));
  });
  const answer = (word) =>
    Promise.race([
      new Promise((resolve) => (heard[word] = resolve)),
      ended.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}: ${complaint.slice(-500)}`))),
    ]);
  await answer('ready');
  return {
    name,
    when,
    loadMs: performance.now() - started,
    digest() {
      const told = answer('digest');
      child.stdin.write('digest\n');
      return told;
    },
    async close() {
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
