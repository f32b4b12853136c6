import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, test } from 'vitest';

import { until } from '../../sources/following.js';
import { describeWith, useServer } from './available.js';
import { startZookeeper } from './zookeeper.js';

// Speaks the protocol by a client that is not ours: Debian's python3-kazoo.
function kazoo(hosts: string, statement: string): string {
  const program = [
    'import sys, logging; logging.disable(logging.CRITICAL)',
    'from kazoo.client import KazooClient',
    `zk = KazooClient(hosts=sys.argv[1], timeout=4); zk.start(timeout=10)`,
    statement,
    'zk.stop()',
  ].join('\n');
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', program, hosts], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

describeWith('zookeeper', 'a ZooKeeper for tests', () => {
  describe('alone', () => {
    const zookeeper = useServer(startZookeeper);

    test('what was written outlives kill and restart on the same port', async () => {
      const { url } = zookeeper();
      kazoo(url, 'zk.create("/kept", b"yes")');
      await zookeeper().kill();
      await expect(zookeeper().servers[0]!.ask('ruok')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await zookeeper().restart();
      expect(zookeeper().url).toBe(url);
      expect(kazoo(url, 'print(zk.get("/kept")[0].decode())')).toBe('yes');
    });

    test('a paused server takes connections and answers nobody, and goes on where it was', async () => {
      const [server] = zookeeper().servers;
      zookeeper().pause();
      const socket = connect(server!.port, server!.host).setEncoding('utf8');
      let answer = '';
      socket.on('data', (chunk: string) => (answer += chunk));
      socket.write('ruok');
      expect(await server!.mode()).toBeUndefined();
      expect(answer).toBe('');
      zookeeper().resume();
      await until(() => answer === 'imok');
      expect(await (await zookeeper().leader()).mode()).toBe('standalone');
    });
  });

  describe('with TLS', () => {
    const zookeeper = useServer(() => startZookeeper({ tls: true }));

    async function askSecurely(word: string, ca: string | undefined): Promise<string> {
      const socket = tlsConnect({ port: zookeeper().servers[0]!.tls!.port, host: '127.0.0.1', ca });
      socket.write(word);
      let answer = '';
      for await (const chunk of socket.setEncoding('utf8')) answer += String(chunk);
      return answer;
    }

    test('answers those who trust its certificate, and on the other port as ever', async () => {
      const [server] = zookeeper().servers;
      expect(await askSecurely('ruok', server!.tls!.certificate)).toBe('imok');
      await expect(askSecurely('ruok', undefined)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      expect(await server!.ask('ruok')).toBe('imok');
    });
  });

  describe('of three', () => {
    const zookeeper = useServer(() => startZookeeper({ servers: 3 }));

    test('another server leads when the leader is killed, and it comes back to follow', async () => {
      const { url } = zookeeper();
      const leader = await zookeeper().leader();
      expect(await zookeeper().followers()).toHaveLength(2);
      kazoo(url, 'zk.create("/kept", b"yes")');
      await leader.kill();
      const next = await zookeeper().leader();
      expect(next.port).not.toBe(leader.port);
      expect(kazoo(next.url, 'print(zk.get("/kept")[0].decode())')).toBe('yes');
      await leader.restart();
      expect(await leader.mode()).toBe('follower');
      expect(kazoo(leader.url, 'print(zk.get("/kept")[0].decode())')).toBe('yes');
    });

    test('nobody leads without a majority', async () => {
      const [one, two, three] = zookeeper().servers;
      await Promise.all([two!.kill(), three!.kill()]);
      await expect.poll(() => one!.mode(), { timeout: 10_000 }).toBeUndefined();
      await Promise.all([two!.restart(), three!.restart()]);
      await zookeeper().leader();
    });
  });
});
