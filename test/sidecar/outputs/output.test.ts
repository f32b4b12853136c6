import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, test } from 'vitest';

import { createConfig, memory, once, values } from '../../../src/index.js';
import { Outputs } from '../../../src/sidecar/outputs/outputs.js';
import { currentOf, eventually, jsonOf, outputOn, rig, scratch, specOf, textOf, until, versionsIn } from './rig.js';

const failing = once('remote', () => Promise.reject(new Error('nobody there')));

describe('the files of an output', () => {
  it('are one text in each format, and one file a key', async () => {
    const { to, output } = rig({ 'gateway.limit': '50', 'gateway.motto': 'a "b"\n', '../up': 'x' }, { formats: ['properties', 'env', 'json', 'yaml', 'files'] });
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ '../up': 'x', 'gateway.limit': '50', 'gateway.motto': 'a "b"\n' });
    expect(textOf(to, 'default.properties')).toContain('gateway.limit=50\n');
    expect(textOf(to, 'default.env')).toContain('GATEWAY_LIMIT=50\n');
    expect(textOf(to, 'default.yaml')).toContain('gateway.limit: "50"\n');
    expect(readdirSync(path.join(to, 'current/default')).sort()).toEqual(['%2E.%2Fup', 'gateway.limit', 'gateway.motto']);
    expect(textOf(to, 'default/gateway.motto')).toBe('a "b"\n');
  });

  it('are summed up in .meta.json', async () => {
    const { to, output } = rig({ a: '1' }, { formats: ['json', 'files'], prefix: 'a' });
    await until(output, 'written');
    const meta = jsonOf(to, '.meta.json') as { files: Record<string, string> };
    expect(meta).toMatchObject({ format: 1, config: 'default', prefix: 'a', keys: 1, leftOut: 0 });
    expect(Object.keys(meta.files)).toEqual(['default.json', 'default/a']);
    for (const [name, sum] of Object.entries(meta.files)) expect(createHash('sha256').update(textOf(to, name)).digest('hex')).toBe(sum);
  });

  it('are for the owner and the group alone, whatever the umask is', async () => {
    const { to, output } = rig({ a: '1' }, { formats: ['json', 'files'] });
    await until(output, 'written');
    const mode = (name: string) => (statSync(path.join(to, 'current', name)).mode & 0o777).toString(8);
    expect(['.', 'default', 'default.json', 'default/a', '.meta.json'].map(mode)).toEqual(['750', '750', '640', '640', '640']);
  });

  it('have the keys at or below a prefix', async () => {
    const { to, output, feed } = rig({ gateway: 'g', 'gateway.limit': '1', gatewayed: 'no', other: 'no' }, { prefix: 'gateway' });
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ gateway: 'g', 'gateway.limit': '1' });
    const before = currentOf(to);
    feed.set('other', 'changed');
    feed.set('gateway.limit', '2');
    await eventually(() => currentOf(to) !== before);
    expect(jsonOf(to)).toMatchObject({ 'gateway.limit': '2' });
  });

  it('leave secrets out, and name them once', async () => {
    const { to, output, feed, events } = rig({ 'db.password': 'hunter2', 'db.url': 'postgres://u:hunter2@h/d', 'db.dsn': 'pw=${db.password}', 'db.host': 'h' }, { formats: ['json', 'files'] });
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ 'db.host': 'h' });
    feed.set('db.host', 'h2');
    await eventually(() => events.filter(({ kind }) => kind === 'written').length === 2);
    expect(events.filter(({ kind }) => kind === 'secrets')).toEqual([{ kind: 'secrets', to, keys: ['db.password', 'db.url', 'db.dsn'] }]);
    expect(output.status).toMatchObject({ keys: 1, leftOut: 3 });
    expect(JSON.stringify([events, output.status, jsonOf(to, '.meta.json')])).not.toContain('hunter2');
  });

  it('have secrets when they are to be revealed', async () => {
    const { to, output } = rig({ 'db.password': 'hunter2' }, { reveal: true });
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ 'db.password': 'hunter2' });
  });

  it('are not written again for the same content, also by the next process', async () => {
    const { to, output, feed, config } = rig({ a: '1', 'x.secret': '1' });
    await until(output, 'written');
    const before = versionsIn(to);
    feed.set('x.secret', '2');
    feed.set('a', '2');
    feed.set('a', '1');
    await eventually(() => config.version > 1);
    await output.close();
    const next = outputOn(config, specOf(to));
    await until(next.output, 'written');
    expect(versionsIn(to)).toEqual(before);
    expect(next.events.map(({ kind }) => kind)).toEqual(['secrets']);
  });

  it('are kept for the last three versions', async () => {
    const { to, output, feed } = rig({ a: '0' });
    for (const value of ['1', '2', '3', '4', '5']) {
      feed.set('a', value);
      await eventually(() => existsSync(path.join(to, 'current')) && (jsonOf(to) as { a: string }).a === value);
    }
    await until(output, 'written');
    await eventually(() => versionsIn(to).length === 3);
    expect(versionsIn(to).at(-1)).toBe(currentOf(to));
  });

  it('take in a burst at once, and never see half of it', async () => {
    const { to, output, feed, events } = rig({ a: '0' }, { quietMs: 50 });
    await until(output, 'written');
    for (let turn = 1; turn <= 100; turn++) feed.set('a', String(turn));
    await eventually(() => (jsonOf(to) as { a: string }).a === '100');
    await output.close();
    expect(events.filter(({ kind }) => kind === 'written')).toHaveLength(2);
  });

  it('are written last when the output is closed', async () => {
    const { to, output, feed } = rig({ a: '0' }, { quietMs: 60_000 });
    await until(output, 'written');
    feed.set('a', '1');
    await output.close();
    expect(jsonOf(to)).toEqual({ a: '1' });
  });
});

describe('a folder that is not as it should be', () => {
  it('keeps what somebody else has put there', async () => {
    const to = scratch();
    mkdirSync(path.join(to, 'v/mine'), { recursive: true });
    mkdirSync(path.join(to, 'v/20200101T000000000Z-mine'));
    for (const name of ['notes.txt', '.current.tmp', 'v/.tmp', 'v/mine/file']) writeFileSync(path.join(to, name), 'mine');
    const { output, feed } = rig({ a: '0' }, { to });
    for (const value of ['1', '2', '3', '4']) {
      feed.set('a', value);
      await eventually(() => existsSync(path.join(to, 'current')) && (jsonOf(to) as { a: string }).a === value);
    }
    await output.close();
    for (const name of ['notes.txt', '.current.tmp', 'v/.tmp', 'v/mine/file']) expect(readFileSync(path.join(to, name), 'utf8')).toBe('mine');
    expect(existsSync(path.join(to, 'v/20200101T000000000Z-mine'))).toBe(true);
  });

  test.each([
    ['a file', (at: string) => writeFileSync(at, 'mine')],
    ['a folder', (at: string) => mkdirSync(at)],
    ['a link to somewhere else', (at: string) => symlinkSync('/etc', at)],
  ])('is refused where %s of somebody else is called current', async (_, make) => {
    const to = scratch();
    make(path.join(to, 'current'));
    const { output, events } = rig({ a: '1' }, { to });
    await until(output, 'failed');
    expect(events.map(({ kind }) => kind)).toEqual(['failed']);
    expect(output.status.error).toContain('expected nothing or a link to v/…');
    expect(readdirSync(to)).toEqual(['current']);
  });

  it('is refused where v is a link to somewhere else', async () => {
    const [to, elsewhere] = [scratch(), scratch()];
    symlinkSync(elsewhere, path.join(to, 'v'));
    const { output } = rig({ a: '1' }, { to });
    await until(output, 'failed');
    expect(output.status.error).toContain('found a link');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('is cleared of what a killed writer has left', async () => {
    const to = scratch();
    mkdirSync(path.join(to, 'v/.0123456789ab.tmp/default'), { recursive: true });
    writeFileSync(path.join(to, 'v/.0123456789ab.tmp/default/a'), 'half');
    symlinkSync('v/nowhere', path.join(to, '.current-0123456789ab.tmp'));
    const { output } = rig({ a: '1' }, { to });
    await until(output, 'written');
    expect(versionsIn(to)).toEqual([currentOf(to)]);
    expect(readdirSync(to).sort()).toEqual(['current', 'v']);
  });

  it('is written anew when a file of the current version was damaged', async () => {
    const { to, output, config } = rig({ a: '1' });
    await until(output, 'written');
    await output.close();
    writeFileSync(path.join(to, 'current/default.json'), '{"a":');
    await until(outputOn(config, specOf(to)).output, 'written');
    expect(jsonOf(to)).toEqual({ a: '1' });
  });

  it('is an error that is told once, and is over when it can be written', async () => {
    const to = path.join(scratch(), 'file/out');
    writeFileSync(path.dirname(to), 'a file in the way');
    const { output, events, feed } = rig({ a: '1' }, { to });
    await until(output, 'failed');
    feed.set('a', '2');
    await eventually(() => output.status.state === 'failed');
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
    expect(output.status.error).toMatch(/ENOTDIR/);
  });

  it('is an error when two keys are one variable of the environment', async () => {
    const { to, output, feed } = rig({ 'a.b': '1' }, { formats: ['env'] });
    await until(output, 'written');
    feed.set('a_b', '2');
    await until(output, 'failed');
    expect(output.status.error).toContain('A_B');
    expect(textOf(to, 'default.env')).toBe('A_B=1\n');
    feed.delete('a_b');
    await until(output, 'written');
  });
});

describe('the files of an earlier run', () => {
  it('stay until every layer has been heard of: it would look as if their keys had been removed', async () => {
    const to = path.join(scratch(), 'out');
    const earlier = rig({ a: '1' }, { to }, [values({ b: '2' }, { name: 'remote' })]);
    await until(earlier.output, 'written');
    await earlier.output.close();

    const { output, events, config } = rig({ a: '3' }, { to }, [failing]);
    await eventually(() => events.length > 0);
    expect(events).toEqual([{ kind: 'waiting', to, layers: ['remote'] }]);
    expect(output.status).toMatchObject({ state: 'waiting', waitsFor: ['remote'] });
    expect(jsonOf(to)).toEqual({ a: '1', b: '2' });

    config.removeLayer('remote');
    config.addLayer(once('remote', () => Promise.resolve({ b: '4' })), 'bottom');
    await eventually(() => output.status.state === 'written');
    expect(jsonOf(to)).toEqual({ a: '3', b: '4' });
  });

  it('are replaced at once by a config that has what it needs, and written where there were none', async () => {
    const { to, output } = rig({ a: '1' }, {}, [failing]);
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ a: '1' });
  });
});

describe('several outputs', () => {
  it('are replaced without disturbing those that stay', async () => {
    const folder = scratch();
    const config = createConfig({ layers: [memory({ a: '1' })] });
    const events: string[] = [];
    const outputs = new Outputs(({ kind, to }) => void events.push(`${kind} ${path.basename(to)}`));
    const spec = (name: string) => specOf(path.join(folder, name));
    await outputs.reload([spec('one'), spec('two')], { default: config });
    await eventually(() => outputs.status.every(({ state }) => state === 'written'));
    await outputs.reload([spec('three'), spec('one')], { default: config });
    await eventually(() => outputs.status.every(({ state }) => state === 'written'));
    expect(outputs.status.map(({ to }) => path.basename(to))).toEqual(['three', 'one']);
    expect(events.sort()).toEqual(['written one', 'written three', 'written two']);
    await outputs.close();
    await config.close();
  });
});
