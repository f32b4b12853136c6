import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

import type { ZooKeeperClient } from '../../src/zookeeper/index.js';
import { openProxy } from '../harness/proxy.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { freePort } from '../harness/servers/port.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { until } from '../sources/following.js';
import { codeOf, freshNode, jvmOptions, statesOf, textOf, useClients } from './rig.js';

// Debian's jar of ZooKeeper does not name all parts of Netty that encryption needs.
const netty = ['common', 'buffer', 'transport', 'resolver', 'codec', 'handler', 'transport-native-unix-common', 'transport-native-epoll'];
jvmOptions(`-Xbootclasspath/a:${netty.map((name) => `/usr/share/java/netty-${name}.jar`).join(':')}`);

describeWith('zookeeper', 'encryption', () => {
  const folder = mkdtempSync(join(tmpdir(), 'calumma-tls-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const openssl = (...args: readonly string[]) => run('openssl', ...args);
  const read = (name: string) => readFileSync(join(folder, name));
  const certify = (name: string, extension: string) => {
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', extension);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy', '-out', `${name}.pem`);
  };
  let port = 0;
  const zookeeper = useServer(async () => {
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca', '-days', '2');
    certify('zk.example', 'subjectAltName=DNS:zk.example');
    certify('client', 'subjectAltName=DNS:client.example');
    openssl('pkcs12', '-export', '-in', 'zk.example.pem', '-inkey', 'zk.example.key', '-out', 'server.p12', '-passout', 'pass:changeit');
    run('keytool', '-importcert', '-noprompt', '-alias', 'ca', '-file', 'ca.pem', '-keystore', 'trust.p12', '-storetype', 'PKCS12', '-storepass', 'changeit');
    port = await freePort();
    return startZookeeper({
      settings: {
        serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
        secureClientPort: String(port),
        secureClientPortAddress: '127.0.0.1',
        'ssl.keyStore.location': join(folder, 'server.p12'),
        'ssl.keyStore.password': 'changeit',
        'ssl.keyStore.type': 'PKCS12',
        'ssl.trustStore.location': join(folder, 'trust.p12'),
        'ssl.trustStore.password': 'changeit',
        'ssl.trustStore.type': 'PKCS12',
        'ssl.hostnameVerification': 'false',
      },
    });
  });
  const open = useClients();
  const trusted = () => ({ ca: read('ca.pem'), cert: read('client.pem'), key: read('client.key'), servername: 'zk.example' });

  test('with a CA, a client certificate and the name of the server everything works as without', async () => {
    const zk = open(`127.0.0.1:${port}`, { tls: trusted() });
    const plain = open(zookeeper().url);
    const path = await freshNode(plain, 'x');
    const events: string[] = [];
    await zk.addWatch(path, ({ type, path: at }) => void events.push(`${type} ${at}`), { recursive: true });
    await plain.create(`${path}/a`, Buffer.alloc(900_000, 'a'));
    await zk.sync();
    expect((await zk.getData(`${path}/a`)).data).toHaveLength(900_000);
    expect(events).toEqual([`created ${path}/a`]);
    await zk.setData(path, 'y');
    expect(await textOf(plain, path)).toBe('y');
  });

  test('the certificate is an identity for ACLs', async () => {
    const zk = open(`127.0.0.1:${port}`, { tls: trusted() });
    const path = await freshNode(zk);
    await zk.create(`${path}/own`, 'x', { acl: [{ scheme: 'x509', id: 'CN=client', permissions: 'all' }] });
    expect(await textOf(zk, `${path}/own`)).toBe('x');
    expect(await codeOf(open(zookeeper().url).getData(`${path}/own`))).toBe('NOAUTH');
  });

  test('it reconnects encrypted, and cut pieces of records do no harm', async () => {
    const proxy = await openProxy(port);
    const zk = open(`127.0.0.1:${proxy.port}`, { tls: trusted(), random: () => 0 });
    const path = await freshNode(zk, 'a value');
    const states = statesOf(zk);
    for (const cut of [1, 5, 30, 100]) {
      proxy.cutAfter(cut);
      expect(await codeOf(zk.getData(path))).toBe('CONNECTIONLOSS');
      expect(await textOf(zk, path)).toBe('a value');
    }
    proxy.reset();
    await until(() => states.length === 10);
    expect(states.every(({ newSession }) => !newSession)).toBe(true);
    await proxy.close();
  });

  test.each([
    ['a CA that is not known', () => ({ ...trusted(), ca: undefined }), /certificate|issuer/i],
    ['another name than asked for', () => ({ ...trusted(), servername: 'other.example' }), /other\.example/],
    ['no client certificate', () => ({ ca: read('ca.pem'), servername: 'zk.example' }), /certificate|closed|reset/i],
  ])('%s is no connection, and is tried again', async (_, tls, problem) => {
    const zk = open(`127.0.0.1:${port}`, { tls: tls(), random: () => 0 });
    const failed = await failures(zk);
    expect(failed.filter((error) => !problem.test(String(error)))).toEqual([]);
  });

  test('a plain client at an encrypted port, and the other way round, is no connection', async () => {
    const [plain, secure] = [open(`127.0.0.1:${port}`), open(zookeeper().url, { tls: trusted() })];
    for (const zk of [plain, secure]) expect(await failures(zk)).toHaveLength(3);
  });

  /** What three tries in a row end with. */
  async function failures(zk: ZooKeeperClient): Promise<unknown[]> {
    const connecting = codeOf(zk.connect());
    const all: unknown[] = [];
    while (all.length < 3) {
      await until(() => zk.lastError !== undefined && zk.lastError !== all.at(-1));
      all.push(zk.lastError);
    }
    expect(zk.state).toBe('suspended');
    await zk.close();
    expect(await connecting).toBe('CLOSED');
    return all;
  }
});
