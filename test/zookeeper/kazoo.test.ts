import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

import { creatorAcl, digestId, readOnlyAcl } from '../../src/zookeeper/index.js';
import { describeWith, useServer } from '../harness/servers/available.js';
import { startZookeeper } from '../harness/servers/zookeeper.js';
import { freshNode, textOf, useClients } from './rig.js';

const hasKazoo = spawnSync('/usr/bin/python3', ['-c', 'import kazoo']).status === 0;
if (!hasKazoo) process.stderr.write("Debian's python3-kazoo is not installed: skipped \"a witness\"\n");

describeWith('zookeeper', 'a witness: kazoo, a client of other people', () => {
  const zookeeper = useServer(() => startZookeeper({ settings: { extendedTypesEnabled: 'true' } }));
  const open = useClients();

  function kazoo(path: string, program: string): unknown {
    const whole = [
      'import sys, json, logging; logging.disable(logging.CRITICAL)',
      'from kazoo.client import KazooClient',
      'from kazoo.security import make_digest_acl, make_acl',
      'zk = KazooClient(hosts=sys.argv[1], timeout=4, auth_data=[("digest", "ann:pw")]); zk.start(timeout=10); path = sys.argv[2]',
      program,
      'zk.stop()',
    ].join('\n');
    const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', whole, zookeeper().url, path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return stdout === '' ? undefined : JSON.parse(stdout);
  }

  test.skipIf(!hasKazoo)('reads what we wrote', async () => {
    const zk = open(zookeeper().url, { auth: [{ scheme: 'digest', auth: 'ann:pw' }] });
    const path = await freshNode(zk, 'Grüße');
    await zk.create(`${path}/s-`, Buffer.from([0, 255]), { sequential: true });
    await zk.create(`${path}/e`, '', { mode: 'ephemeral' });
    await zk.create(`${path}/acl`, '', { acl: [...creatorAcl, ...readOnlyAcl, { scheme: 'digest', id: 'bob:x', permissions: ['read', 'admin'] }] });
    await zk.multi([{ op: 'set', path, data: 'Grüße!' }, { op: 'create', path: `${path}/m` }]);
    const seen = kazoo(path, `
data, stat = zk.get(path)
acls = [[a.id.scheme, a.id.id, a.perms] for a in zk.get_acls(path + "/acl")[0]]
print(json.dumps({"data": data.decode(), "version": stat.version, "mzxid": stat.mzxid, "mtime": stat.mtime, "children": sorted(zk.get_children(path)),
  "bytes": list(zk.get(path + "/s-0000000000")[0]), "owner": zk.exists(path + "/e").ephemeralOwner, "acls": acls}))`);
    const { stat } = await zk.getData(path);
    expect(seen).toEqual({
      data: 'Grüße!',
      version: 1,
      mzxid: Number(stat.mzxid),
      mtime: stat.mtime,
      children: ['acl', 'e', 'm', 's-0000000000'],
      bytes: [0, 255],
      owner: Number(zk.sessionId),
      acls: [['digest', digestId('ann', 'pw'), 31], ['world', 'anyone', 1], ['digest', 'bob:x', 17]],
    });
  });

  test.skipIf(!hasKazoo)('writes what we read, and we are told', async () => {
    const zk = open(zookeeper().url, { auth: [{ scheme: 'digest', auth: 'ann:pw' }] });
    const path = await freshNode(zk);
    const events: string[] = [];
    await zk.addWatch(path, ({ type, path: at }) => void events.push(`${type} ${at.slice(path.length)}`), { recursive: true });
    kazoo(path, `
zk.set(path, "Grüße".encode())
zk.create(path + "/s-", b"\\x00\\xff", sequence=True)
zk.create(path + "/acl", b"x", acl=[make_digest_acl("ann", "pw", all=True), make_acl("world", "anyone", read=True)])
t = zk.transaction(); t.create(path + "/t1"); t.set_data(path + "/t1", b"1"); t.commit()
zk.delete(path + "/t1")`);
    await zk.sync();
    expect(await textOf(zk, path)).toBe('Grüße');
    expect([...(await zk.getData(`${path}/s-0000000000`)).data]).toEqual([0, 255]);
    expect((await zk.getAcl(`${path}/acl`)).acl).toEqual([{ scheme: 'digest', id: digestId('ann', 'pw'), permissions: 'all' }, ...readOnlyAcl]);
    expect(events).toEqual(['changed ', 'created /s-0000000000', 'created /acl', 'created /t1', 'changed /t1', 'deleted /t1']);
  });
});
