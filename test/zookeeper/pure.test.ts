import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Aborts } from '../../src/zookeeper/aborts.js';
import { codeOf, replyError, ZooKeeperError } from '../../src/zookeeper/errors.js';
import { FrameReader } from '../../src/zookeeper/frames.js';
import { JuteReader, JuteWriter } from '../../src/zookeeper/jute.js';
import { Chroot, lineageOf, parentOf, pathProblem } from '../../src/zookeeper/paths.js';
import { digestId, readAclEntry, readConnect, readStat, writeAcl, type Acl, type Permission } from '../../src/zookeeper/records.js';
import { nameOf, parseConnect, ServerList } from '../../src/zookeeper/servers.js';
import { beat, connectTimeout, readTimeout, reconnectDelay } from '../../src/zookeeper/timing.js';
import { WatchRegistry, type OneShotKind, type WatchMode } from '../../src/zookeeper/watches.js';
import { ZooKeeperClient, type WatchEvent, type ZooKeeperOptions } from '../../src/zookeeper/index.js';
import { frame, reply } from './scripted.js';

describe('jute', () => {
  const value = fc.oneof(
    fc.record({ kind: fc.constant('int' as const), value: fc.integer() }),
    fc.record({ kind: fc.constant('long' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
    fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'binary' }) }),
    fc.record({ kind: fc.constant('buffer' as const), value: fc.uint8Array() }),
  );

  test('what is written is read again, whatever it is and however small the writer began', () => {
    fc.assert(fc.property(fc.array(value), fc.nat(50), (values, size) => {
      const writer = new JuteWriter(size);
      for (const { kind, value: written } of values) writer[kind](written as never);
      const reader = new JuteReader(writer.bytes());
      const read = values.map(({ kind }) => (kind === 'buffer' ? new Uint8Array(reader.buffer()) : reader[kind]()));
      expect(read).toEqual(values.map(({ value: written }) => written));
      expect(reader.remaining).toBe(0);
    }));
  });

  test('bytes that end too early are an error, at each place', () => {
    const bytes = new JuteWriter().int(1).string('text').buffer(Buffer.from('data')).long(7n).vector(['a', 'b'], (word, to) => to.string(word)).bytes();
    const read = (end: number) => {
      const reader = new JuteReader(bytes.subarray(0, end));
      return [reader.int(), reader.string(), reader.buffer().toString(), reader.long(), reader.vector((from) => from.string())];
    };
    expect(read(bytes.length)).toEqual([1, 'text', 'data', 7n, ['a', 'b']]);
    for (let end = 0; end < bytes.length; end += 1) expect(() => read(end)).toThrow(ZooKeeperError);
  });

  test('null is empty: a text, bytes and a list', () => {
    const reader = new JuteReader(new JuteWriter().int(-1).buffer(null).int(-1).bytes());
    expect([reader.string(), reader.buffer().length, reader.vector((from) => from.int())]).toEqual(['', 0, []]);
  });

  test('a small piece of a reply does not keep it, a large one is not copied', () => {
    const bytes = new JuteWriter(100_000).buffer(Buffer.alloc(10)).buffer(Buffer.alloc(90_000)).bytes();
    const reader = new JuteReader(bytes);
    expect(reader.buffer().buffer).not.toBe(bytes.buffer);
    expect(reader.buffer().buffer).toBe(bytes.buffer);
  });

  test('garbage is an error and nothing else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (garbage) => {
      for (const read of [readStat, readConnect, readAclEntry, (reader: JuteReader) => reader.vector(readAclEntry)]) {
        try {
          read(new JuteReader(Buffer.from(garbage)));
        } catch (error) {
          expect(error).toMatchObject({ code: 'MARSHALLINGERROR' });
        }
      }
    }));
  });

  test('ACLs come back with the same permissions', () => {
    const words: Permission[] = ['read', 'write', 'create', 'delete', 'admin'];
    fc.assert(fc.property(fc.string(), fc.string(), fc.subarray(words), (scheme, id, permissions) => {
      const acl: Acl = { scheme, id, permissions: permissions.length === 5 ? 'all' : permissions };
      const writer = new JuteWriter();
      writeAcl(acl, writer);
      expect(readAclEntry(new JuteReader(writer.bytes()))).toEqual(acl);
    }));
    // As ZooKeeper's own DigestAuthenticationProvider has it.
    expect(digestId('super', 'test')).toBe('super:D/InIHSb7yEEbrWz8b9l71RjZJU=');
  });
});

describe('frames', () => {
  const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
    const chunks: Buffer[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length]!;
      chunks.push(bytes.subarray(at, at + size));
      at += size;
    }
    return chunks;
  };

  test('are the same however the bytes are cut', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (bodies, sizes) => {
      const bytes = Buffer.concat(bodies.map((body) => frame((writer) => body.forEach((byte) => writer.bool(byte !== 0)))));
      const frames: string[] = [];
      const reader = new FrameReader(1_000);
      for (const chunk of cut(bytes, sizes)) reader.push(chunk, (one) => frames.push(one.toString('hex')));
      expect(frames).toEqual(bodies.map((body) => Buffer.from(body.map((byte) => (byte === 0 ? 0 : 1))).toString('hex')));
    }));
  });

  test('a length that is negative or above the limit is an error as soon as it is there', () => {
    for (const bytes of [[0xff, 0xff, 0xff, 0xff], [0, 0, 0, 11]]) {
      expect(() => new FrameReader(10).push(Buffer.from(bytes), () => undefined)).toThrow('expected a frame of at most 10 bytes');
      const reader = new FrameReader(10);
      reader.push(Buffer.from(bytes.slice(0, 3)), () => undefined);
      expect(() => reader.push(Buffer.from(bytes.slice(3)), () => undefined)).toThrow('expected a frame of at most 10 bytes');
    }
  });

  test('an error in one leaves nothing behind of it', () => {
    const reader = new FrameReader(100);
    const two = Buffer.concat([reply(1), reply(2)]);
    const seen: number[] = [];
    expect(() => reader.push(two, (one) => {
      seen.push(one.readInt32BE(0));
      throw new Error('stop');
    })).toThrow('stop');
    expect(seen).toEqual([1]);
  });
});

describe('paths', () => {
  test.each([
    ['/', undefined], ['/a', undefined], ['/a/b.c', undefined], ['/...', undefined], ['/a b/ü', undefined],
    ['', 'begins with a slash'], ['a', 'begins with a slash'], ['/a/', 'no slash at the end'], ['/a//b', 'a name between slashes'],
    ['/.', '"." or ".."'], ['/a/..', '"." or ".."'], ['/../b', '"." or ".."'], ['/a\u0001', 'U+0001'], ['/\u009f', 'U+009F'], ['/\ue000', 'U+E000'], ['/\uffff', 'U+FFFF'],
    [null, 'found null'], [7, 'type number'],
  ])('%j: %s', (path, problem) => {
    if (problem === undefined) expect(pathProblem(path)).toBeUndefined();
    else expect(pathProblem(path)).toContain(problem);
  });

  test('a lineage goes up to the root', () => {
    expect([...lineageOf('/a/b')]).toEqual(['/a/b', '/a', '/']);
    expect([parentOf('/a/b'), parentOf('/a'), parentOf('/')]).toEqual(['/a', '/', undefined]);
  });

  test('a chroot goes out and in, and does not take its neighbours for its own', () => {
    const name = fc.stringMatching(/^[a-z.]{2,5}x$/);
    const path = fc.array(name).map((names) => `/${names.join('/')}`);
    fc.assert(fc.property(path, path, (root, inner) => {
      const chroot = new Chroot(root);
      expect(pathProblem(chroot.outward(inner))).toBeUndefined();
      expect(chroot.inward(chroot.outward(inner))).toBe(inner);
    }));
    expect(new Chroot('/app').inward('/apple')).toBeUndefined();
    expect(new Chroot('/app').inward('/')).toBeUndefined();
    expect(new Chroot('/').inward('/a')).toBe('/a');
  });
});

describe('servers', () => {
  test.each([
    ['zk', ['zk:2181'], '/'],
    ['a:1, b:2 ,c', ['a:1', 'b:2', 'c:2181'], '/'],
    ['[::1]:99,[fe80::1%eth0]/x/y', ['[::1]:99', '[fe80::1%eth0]:2181'], '/x/y'],
    ['a:1/', ['a:1'], '/'],
  ])('%s is read', (text, names, chroot) => {
    const { servers, chroot: found } = parseConnect(text);
    expect([servers.map(nameOf), found]).toEqual([names, chroot]);
  });

  test.each(['a:', ':1', 'a:0', 'a:70000', 'a,,b', 'a b', 'user@host:1', '::1', 'a:1/x/', 'a:1//x', 'a:1/../x', '/x'])('%s is refused', (text) => {
    expect(() => parseConnect(text)).toThrow(ZooKeeperError);
  });

  test('each comes once a round, in an order that chance decides, and one can be asked for next', () => {
    const servers = ['a', 'b', 'c', 'd'].map((host) => ({ host, port: 1 }));
    fc.assert(fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (chance) => {
      const list = new ServerList(servers, () => chance.next().value as number);
      const round = servers.map(() => list.next());
      expect(new Set(round)).toEqual(new Set(servers));
      expect(servers.map(() => list.next())).toEqual(round);
      list.prefer(round[2]!);
      expect([list.next(), list.next(), list.next()]).toEqual([round[2], round[3], round[0]]);
      expect(list.others(round[1]!)).toEqual([round[2], round[3], round[0]]);
    }));
  });
});

describe('times', () => {
  test('the first try is at once, later ones between 0.1 s and a bound that doubles up to 2 s', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((failures) => reconnectDelay(failures, () => 0))).toEqual([0, 100, 100, 100, 100, 100, 100]);
    expect([0, 1, 2, 3, 4, 5, 50].map((failures) => reconnectDelay(failures, () => 1))).toEqual([0, 200, 400, 800, 1_600, 2_000, 2_000]);
  });

  test('a session leaves time for each server, and two thirds for silence', () => {
    expect([readTimeout(6_000), connectTimeout(6_000, 3), connectTimeout(1, 100)]).toEqual([4_000, 2_000, 1]);
  });

  test.each([
    ['all is fresh', 0, 0, { silent: false, ping: false, nextInMs: 2_000 }],
    ['nothing was sent for half the time', 0, 2_000, { silent: false, ping: true, nextInMs: 2_000 }],
    ['nothing was sent for a while', 1_500, 1_500, { silent: false, ping: false, nextInMs: 500 }],
    ['nothing was heard, the end is near', 3_900, 100, { silent: false, ping: false, nextInMs: 100 }],
    ['a ping has no answer', 3_999, 1_999, { silent: false, ping: false, nextInMs: 1 }],
    ['nothing was heard for too long', 4_000, 0, { silent: true }],
  ])('%s', (_, silence, idle, expected) => {
    expect(beat(10_000, 10_000 - silence, 10_000 - idle, 4_000)).toEqual(expected);
  });

  test('a connection is never silent for longer than its time, and pings often enough', () => {
    fc.assert(fc.property(fc.integer({ min: 10, max: 100_000 }), fc.array(fc.boolean(), { maxLength: 50 }), (readMs, answers) => {
      let [now, heard, sent] = [0, 0, 0];
      for (const answered of answers) {
        const due = beat(now, heard, sent, readMs);
        if (due.silent) return;
        expect(now - heard).toBeLessThan(readMs);
        expect(now - sent).toBeLessThanOrEqual(readMs / 2 + 1);
        if (due.ping) sent = now;
        if (due.ping && answered) heard = now;
        now += due.nextInMs;
      }
    }));
  });
});

describe('errors', () => {
  test('numbers have their names, strange ones the name of their range', () => {
    expect([-101, -4, -112, -999, -55].map(codeOf)).toEqual(['NONODE', 'CONNECTIONLOSS', 'SESSIONEXPIRED', 'APIERROR', 'SYSTEMERROR']);
    expect(replyError('sync', undefined, -999).message).toBe('sync: the request was refused (APIERROR -999)');
  });
});

describe('signals', () => {
  test('many waiters are one listener, and none when nobody waits', () => {
    const aborts = new Aborts();
    const { signal } = new AbortController();
    const counts: string[] = [];
    const spied = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: () => counts.push('add'),
      removeEventListener: () => counts.push('remove'),
    });
    Object.defineProperty(spied, 'aborted', { value: false });
    const stops = Array.from({ length: 50 }, () => aborts.on(spied, () => undefined));
    for (const stop of stops) stop();
    for (const stop of stops) stop();
    expect(counts).toEqual(['add', 'remove']);
  });

  test('each waiter hears of it once, those that went before do not', () => {
    const aborts = new Aborts();
    const abort = new AbortController();
    const heard: string[] = [];
    aborts.on(abort.signal, () => heard.push('a'));
    const stop = aborts.on(abort.signal, () => heard.push('b'));
    stop();
    abort.abort();
    aborts.on(abort.signal, () => heard.push('late'));
    aborts.on(undefined, () => heard.push('never'));
    expect(heard).toEqual(['a', 'late']);
  });
});

describe('the registry of watches', () => {
  const event = (type: WatchEvent['type'], path: string): WatchEvent => ({ type, path, zxid: undefined });
  const listener = () => undefined;

  test.each<[OneShotKind, WatchEvent['type'][]]>([
    ['data', ['changed', 'deleted', 'created']],
    ['exists', ['changed', 'deleted', 'created']],
    ['children', ['children', 'deleted']],
  ])('a one-shot watch for %s hears of %j, once', (kind, types) => {
    for (const type of ['created', 'deleted', 'changed', 'children'] as const) {
      const registry = new WatchRegistry();
      registry.addOneShot(kind, '/a', listener);
      expect(registry.take(event(type, '/b')).oneShots).toEqual([]);
      expect(registry.take(event(type, '/a')).oneShots).toEqual(types.includes(type) ? [listener] : []);
      expect(registry.has('/a', kind)).toBe(!types.includes(type));
      expect(registry.take(event(type, '/a')).oneShots).toEqual([]);
    }
  });

  test('lasting watches hear of their node, recursive ones of all below', () => {
    const registry = new WatchRegistry();
    const [plain, tree, root] = [['/a', 'persistent'], ['/a', 'recursive'], ['/', 'recursive']].map(([path, mode]) => ({ path: path!, mode: mode as WatchMode, listener }));
    for (const watch of [plain!, tree!, root!]) registry.addLasting(watch);
    expect(registry.take(event('changed', '/a')).lasting).toEqual([plain, tree, root]);
    expect(registry.take(event('changed', '/a/b/c')).lasting).toEqual([tree, root]);
    expect(registry.take(event('changed', '/ab')).lasting).toEqual([root]);
    expect(registry.take(event('children', '/a')).lasting).toEqual([plain]);
    expect([registry.removeLasting(tree!), registry.removeLasting(tree!)]).toEqual([true, false]);
    expect(registry.wanted('/a')).toBe('persistent');
  });

  test('what is set again is all there is, in pieces below the limit, lasting ones last', () => {
    const path = fc.stringMatching(/^\/[a-f]{1,20}$/);
    const kinds = ['data', 'exists', 'children', 'persistent', 'recursive'] as const;
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...kinds), path)), fc.integer({ min: 1, max: 60 }), (watches, limit) => {
      const registry = new WatchRegistry();
      for (const [kind, at] of watches) {
        if (kind === 'persistent' || kind === 'recursive') registry.addLasting({ path: at, mode: kind, listener });
        else registry.addOneShot(kind, at, listener);
      }
      const pieces = [...registry.restore((at) => at.length, limit)];
      const restored = pieces.flatMap((lists) => kinds.flatMap((kind) => lists[kind].map((at) => `${kind} ${at}`)));
      const recursive = new Set(watches.filter(([kind]) => kind === 'recursive').map(([, at]) => at));
      const wanted = new Set(watches.filter(([kind, at]) => kind !== 'persistent' || !recursive.has(at)).map(([kind, at]) => `${kind} ${at}`));
      expect(new Set(restored)).toEqual(wanted);
      expect(restored).toHaveLength(wanted.size);
      expect(restored.map((word) => kinds.indexOf(word.split(' ')[0] as 'data'))).toEqual(restored.map((word) => kinds.indexOf(word.split(' ')[0] as 'data')).sort());
      for (const lists of pieces) {
        const paths = kinds.flatMap((kind) => lists[kind]);
        const size = paths.reduce((sum, at) => sum + at.length, 0);
        expect(paths.length === 1 || size <= limit).toBe(true);
      }
    }));
  });
});

describe('options', () => {
  test.each<[unknown, string]>([
    [undefined, 'expected an object'],
    [{}, 'expected connect'],
    [{ connect: 'a', conect: 'b' }, 'found "conect"'],
    [{ connect: 'a', sessionTimeoutMs: 0 }, 'sessionTimeoutMs'],
    [{ connect: 'a', sessionTimeoutMs: 1.5 }, 'sessionTimeoutMs'],
    [{ connect: 'a', maxRequestBytes: -1 }, 'maxRequestBytes'],
    [{ connect: 'a', maxReplyBytes: '5' }, 'maxReplyBytes'],
    [{ connect: 'a', whileSuspended: 'hang' }, 'whileSuspended'],
    [{ connect: 'a', chroot: 'x' }, 'chroot'],
    [{ connect: 'a', tls: 'yes' }, 'tls'],
    [{ connect: 'a', readOnly: 1 }, 'readOnly'],
    [{ connect: 'a', auth: 'alice:secret' }, 'auth'],
    [{ connect: 'a', auth: [{ scheme: 'digest', auth: 5 }] }, 'auth'],
    [{ connect: 'user:secret@a' }, 'expected servers'],
    [{ connect: 'zk://user:secret@a' }, 'expected servers'],
    [{ connect: 'a:1/app,b:1/app' }, 'expected one chroot behind the last server'],
    [{ connect: 'a', auth: [null] }, 'expected auth with a scheme, such as "digest", found undefined'],
    [{ connect: 'a', tls: [] }, 'expected tls to be true, false or an object, found an array'],
    [{ connect: 'a', tls: { cert: 'no certificate', key: 'secret' } }, 'expected tls with keys and certificates that Node can read, found'],
    [{ connect: 'a', tls: { pfx: 'no store', passphrase: 'secret' } }, 'expected tls with keys and certificates that Node can read, found'],
    [{ connect: 'a', tls: { minVersion: 'TLSv9' } }, 'TLSv9'],
    [{ connect: 'a', tls: { servername: 5 } }, 'expected tls.servername as a string, found a value of type number'],
    [{ connect: 'a', tls: { checkServerIdentity: 5 } }, 'expected tls.checkServerIdentity as a function'],
    [{ connect: 'a', random: 5 }, 'expected random as a function'],
    [{ connect: 'a', clock: 5 }, 'expected clock with now and after'],
  ])('%j is refused, and no secret is told', (options, words) => {
    expect(() => new ZooKeeperClient(options as ZooKeeperOptions)).toThrow(words);
    expect(() => new ZooKeeperClient(options as ZooKeeperOptions)).not.toThrow('secret');
  });
});
