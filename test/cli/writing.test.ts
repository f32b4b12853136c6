import { describe, expect, it } from 'vitest';

import { inFolder, storeDescription } from './folder.js';
import { inProcess } from './in-process.js';

const { write } = inFolder();
const on = (...args: string[]) => inProcess([...args, '--config', write('calumma.yaml', ...storeDescription)]);
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await on(...args, '--json')).stdout) as unknown;

describe('calumma set, delete, history and rollback', () => {
  it('set writes all keys to the highest layer that can be written, and get reads them', async () => {
    expect(await on('set', 'gateway.limit=50', 'with=a=b', 'empty=')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^3 keys written to sqlite, version \d+\n$/) as string });
    expect([await on('get', 'gateway.limit'), await on('get', 'with'), await on('get', 'empty')].map(({ stdout }) => stdout)).toEqual(['50\n', 'a=b\n', '\n']);
  });

  it('--dry-run shows what would change for readers, references included, and changes nothing', async () => {
    const { code, stdout } = await on('set', 'gateway.limit=50', '--dry-run');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'gateway.limit  5 → 50\n' });
    expect((await on('set', 'gateway.limit=5', '--dry-run')).stdout).toBe('nothing would change for readers\n');
    expect((await on('get', 'gateway.limit')).stdout).toBe('5\n');
  });

  it('never shows a secret: not one that is, not one that comes, not what is filled from one', async () => {
    await on('set', 'db.password=geheim33', '--reason', 'rotation');
    const shown = [await on('set', 'db.password=geheim44', 'other=x${db.password}', '--dry-run'), await on('history'), await on('delete', 'db.password', '--dry-run'), await on('rollback', '1', '--dry-run')];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toMatch(/hunter|geheim/);
    expect(shown[0]?.stdout).toContain('db.url  *** → ***');
  });

  it('says when a higher layer goes first, so that readers do not see the write', async () => {
    const { code, stdout, stderr } = await on('set', 'pinned=below');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'pinned also stands in top, which goes first: readers go on seeing that\n' });
    expect(stdout).toMatch(/^1 key written/);
    expect(await json('set', 'pinned=below', '--dry-run')).toEqual({ layer: 'sqlite', changes: [], hidden: [{ key: 'pinned', by: 'top' }] });
  });

  it('delete makes what was hidden answer again; the history tells who, why and what', async () => {
    await on('set', 'gateway.limit=50', '--author', 'ann', '--reason', 'traffic peak');
    await on('delete', 'gateway.limit', 'not.there', '--author', 'bob', '--reason', 'calm again');
    expect((await on('get', 'gateway.limit')).stdout).toBe('5\n');
    expect(await json('history', 'gateway.limit')).toMatchObject([
      { key: 'gateway.limit', before: '50', after: null, author: 'bob', reason: 'calm again' },
      { key: 'gateway.limit', before: null, after: '50', author: 'ann', reason: 'traffic peak' },
    ]);
    expect((await on('history', '--limit', '1')).stdout).toMatch(/^\d+ {2}\S+Z {2}bob {2}gateway\.limit {2}50 → \(not set\) {2}calm again\n$/);
  });

  it('delete tells of keys that the layer does not have, and which were meant', async () => {
    await on('set', 'gateway.limit=50');
    expect(await on('delete', 'gateway.limti', 'pinned')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^0 keys deleted from sqlite, version \d+\n$/) as string,
      stderr: expect.stringMatching(/^calumma: sqlite had no gateway\.limti; did you mean gateway\.limit\?\ncalumma: sqlite had no pinned\n/) as string,
    });
    expect((await on('delete', 'gateway.limit')).stdout).toMatch(/^1 key deleted from sqlite, version \d+\n$/);
  });

  it('an empty value is told from one that is not set', async () => {
    expect((await on('set', 'empty=', '--dry-run')).stdout).toBe('empty  (not set) → (empty)\n');
  });

  it('a rollback to a version that is still to come says which is the newest', async () => {
    const { version } = (await json('set', 'a=1')) as { version: string };
    for (const dry of [[], ['--dry-run']]) {
      expect(await on('rollback', '99', ...dry)).toMatchObject({ code: 1, stderr: `calumma: nothing was written after version 99: the newest is ${version}\n` });
    }
  });

  it('the author is the user at this host, unless one is given', async () => {
    await on('set', 'a=1');
    expect(await json('history')).toMatchObject([{ author: expect.stringMatching(/^.+@.+$/) as string, reason: 'by calumma on the command line' }]);
  });

  it('history without a write says so on stderr alone', async () => {
    expect(await on('history')).toEqual({ code: 0, stdout: '', stderr: 'nothing was written so far\n' });
    expect(await json('history')).toEqual([]);
  });

  it('--expect refuses what was written meanwhile, and nothing has changed', async () => {
    const { version } = (await json('set', 'a=1')) as { version: string };
    await on('set', 'a=2');
    const { code, stderr } = await on('set', 'a=3', 'b=1', '--expect', version);
    expect({ code, stderr: /expected/i.test(stderr) }).toEqual({ code: 1, stderr: true });
    expect([(await on('get', 'a')).stdout, (await on('get', 'b')).code]).toEqual(['2\n', 1]);
    expect((await on('set', 'b=1', '--expect', version)).code).toBe(0);
  });

  it('rollback puts back every key that was written after a version, as a new write', async () => {
    const { version } = (await json('set', 'a=1', 'b=1')) as { version: string };
    await on('set', 'a=2', 'c=1');
    await on('delete', 'b');
    await on('set', 'a=3');
    expect((await on('rollback', version, '--dry-run')).stdout.split('\n').sort()).toEqual(['', 'a  3 → 1', 'b  (not set) → 1', 'c  1 → (not set)']);
    expect((await on('rollback', version)).stdout).toMatch(new RegExp(`^sqlite is as it was at version ${version}; that is version \\d+\n$`));
    expect([await on('get', 'a'), await on('get', 'b'), await on('get', 'c')].map(({ stdout }) => stdout)).toEqual(['1\n', '1\n', '']);
    expect(await json('history', 'b', '--limit', '1')).toMatchObject([{ after: '1', reason: `by calumma rollback ${version} on the command line` }]);
  });
});
