import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type Libsql from 'libsql';
import { describe, expect, it } from 'vitest';

import { exportFormats } from '../../src/cli/commands/files.js';
import { renderFormats } from '../../src/index.js';
import { inFolder, storeDescription } from './folder.js';
import { inProcess } from './in-process.js';

const { write } = inFolder();
const on = (...args: string[]) => inProcess([...args, '--config', write('calumma.yaml', ...storeDescription)]);
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await on(...args, '--json')).stdout) as unknown;

describe('calumma diff', () => {
  it('compares two files of any format by what they say, secrets masked', async () => {
    write('a.properties', 'same=1', 'gone=2', 'moved=3', 'token=geheim1');
    write('b.yaml', 'same: 1', 'moved: 4', 'fresh: "a\\nb"', 'token: geheim2');
    const { code, stdout } = await inProcess(['diff', 'a.properties', 'b.yaml']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '+ fresh = a\\nb\n- gone = 2\n~ moved  3 → 4\n~ token  *** → ***\n' });
    expect(JSON.parse((await inProcess(['diff', 'b.yaml', 'a.properties', '--json'])).stdout)).toContainEqual({ key: 'fresh', before: 'a\nb', after: null });
  });

  it('--exit-code tells with 1 that they differ, and with 0 that they do not', async () => {
    write('a.properties', 'a=1');
    write('b.json', '{"a":1}');
    write('c.json', '{"a":2}');
    expect((await inProcess(['diff', 'a.properties', 'b.json', '--exit-code'])).code).toBe(0);
    expect((await inProcess(['diff', 'a.properties', 'c.json', '--exit-code'])).code).toBe(1);
  });

  it('--env compares what an application would see in two environments', async () => {
    write('application.properties', 'limit=1', 'name=n');
    write('application-prod.properties', 'limit=2');
    expect(await inProcess(['diff', '--env', 'dev', 'prod'])).toEqual({ code: 0, stdout: '~ limit  1 → 2\n', stderr: '' });
    write('other.yaml', 'context: { environment: dev }', 'layers:', '  - env', '  - files: { name: application, in: [.] }');
    expect((await inProcess(['diff', '--env', 'dev', 'prod', '--config', 'other.yaml'])).stdout).toBe('~ limit  1 → 2\n');
  });

  it('--revision compares two versions of a store, in either direction, or one with now', async () => {
    const { version: one } = (await json('set', 'a=1', 'b=1')) as { version: string };
    await on('set', 'a=2');
    const { version: two } = (await json('delete', 'b')) as { version: string };
    await on('set', 'a=1', 'c=1');
    expect((await on('diff', '--revision', one, two)).stdout).toBe('~ a  1 → 2\n- b = 1\n');
    expect((await on('diff', '--revision', two, one)).stdout).toBe('~ a  2 → 1\n+ b = 1\n');
    expect((await on('diff', '--revision', one)).stdout).toBe('- b = 1\n+ c = 1\n');
  });
});

describe('calumma validate', () => {
  it('is content with what is right', async () => {
    write('application.properties', 'a=1', 'b=${a}');
    expect(await on('validate')).toEqual({ code: 0, stdout: '✓ 3 layers with 4 keys, no problems\n', stderr: '' });
    expect(JSON.parse((await on('validate', '--json')).stdout)).toEqual({ ok: true, layers: 3, keys: 4, problems: [] });
  });

  it('names everything that is wrong in a description, each with its place', async () => {
    write('bad.yaml', 'layers:', '  - fils: {}', '  - file: { path: 5, wach: true }');
    const { code, stdout, stderr } = await inProcess(['validate', '--config', 'bad.yaml']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/✗ bad\.yaml:2:\d+: .*files/);
    expect(stderr).toMatch(/✗ bad\.yaml:3:\d+: .*watch/);
    expect(stderr).toMatch(/[23] problems found\n$/);
  });

  it('names every source that cannot be read, every reference that leads nowhere, and nothing of other programs', async () => {
    write('broken.yaml', 'a: "');
    mkdirSync('folder.properties');
    write('calumma.yaml', 'layers:', '  - env', '  - file: { path: broken.yaml }', '  - file: { path: folder.properties }', '  - url: { href: "http://127.0.0.1:1/x.yaml" }', '  - values: { entries: { lost: "${no.where}", round: "${round}" } }');
    process.env.FOREIGN = '${nothing.of.ours}';
    try {
      const { code, stdout } = await inProcess(['validate', '--json']);
      const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: { code: string; message: string }[] };
      expect({ code, ok }).toEqual({ code: 1, ok: false });
      for (const [problem, message] of [['CALUMMA_FORMAT', /broken\.yaml:2/], ['CALUMMA_SOURCE', /folder\.properties/], ['CALUMMA_SOURCE', /127\.0\.0\.1:1/], ['CALUMMA_MISSING_KEY', /lost.*no\.where.*values:lost/], ['CALUMMA_INTERPOLATION', /round/]] as const) {
        expect(problems).toContainEqual({ code: problem, message: expect.stringMatching(message) as string });
      }
      expect(stdout).not.toContain('FOREIGN');
      expect(new Set(problems.map(({ message }) => message)).size).toBe(problems.length);
    } finally {
      delete process.env.FOREIGN;
    }
  });

  it('checks the whole tree with a schema, and all configs of a description unless one is named', async () => {
    const zod = pathToFileURL(createRequire(import.meta.url).resolve('zod')).href;
    write('schema.mjs', `import { z } from '${zod}';`, 'export default z.object({ limit: z.coerce.number().max(10), hosts: z.array(z.string()).min(1) });');
    write('calumma.yaml', 'configs:', '  default: { layers: [{ values: { entries: { limit: 50 } } }] }', '  good: { layers: [{ values: { entries: { limit: 5, "hosts[0]": a } } }] }');
    const { code, stderr } = await inProcess(['validate', '--schema', 'schema.mjs']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/✗ default: the configuration: .*limit.*hosts/);
    expect((await inProcess(['validate', '--schema', 'schema.mjs', '--namespace', 'good'])).code).toBe(0);
  });
});

describe('calumma export', () => {
  it('knows the formats that render knows', () => {
    expect([...exportFormats].sort()).toEqual([...renderFormats].sort());
  });

  it('writes the values, sorted, without secrets unless they are asked for, and without the environment', async () => {
    const { code, stdout, stderr } = await on('export');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'gateway.limit=5\npinned=above\n', stderr: 'calumma: 2 secrets left out: --reveal\n' });
    expect((await on('export', 'db', '--format', 'env', '--reveal')).stdout).toBe('DB_PASSWORD=hunter22\nDB_URL=pg://hunter22@h\n');
    expect(JSON.parse((await on('export', '--format', 'typed')).stdout)).toEqual({ gateway: { limit: 5 }, pinned: 'above' });
    expect((await on('export', 'gateway', '--json')).stdout).toBe('{\n  "gateway.limit": "5"\n}\n');
    process.env.AMBIENT_THING = 'x';
    try {
      expect((await inProcess(['export'])).stdout).toBe(stdout);
    } finally {
      delete process.env.AMBIENT_THING;
    }
  });

  it('what it writes is what import reads', async () => {
    await on('set', 'odd=${x} \\ é', '__proto__=p');
    for (const format of ['properties', 'yaml', 'json']) {
      write(`out.${format}`, (await on('export', '--format', format, '--reveal')).stdout);
      expect(await json('import', `out.${format}`, '--dry-run')).toMatchObject({ unchanged: 2, changes: [{}, {}, {}, {}] });
    }
  });
});

describe('calumma import', () => {
  const big = (count: number): string => write('big.properties', ...Array.from({ length: count }, (_, at) => `k${at}=v${at}`));
  const stored = () => new (createRequire(import.meta.url)('libsql') as typeof Libsql)('config.db').prepare('SELECT count(*) AS number FROM properties').get() as { number: number };

  it('writes what is not there yet, and nothing twice', async () => {
    write('new.yaml', 'a: 1', 'b: 2', 'c: "${a}"');
    await on('set', 'a=1', 'other=x');
    expect(await on('import', 'new.yaml', '--to', 'sqlite')).toEqual({ code: 0, stdout: '2 keys set in sqlite, 0 deleted, 1 were there already\n', stderr: '' });
    expect(await json('import', 'new.yaml')).toEqual({ layer: 'sqlite', set: 0, deleted: 0, unchanged: 3 });
    expect(await json('history', 'c')).toMatchObject([{ after: '${a}', reason: 'by calumma import new.yaml on the command line' }]);
    expect((await on('get', 'other')).stdout).toBe('x\n');
  });

  it('--delete-missing removes what is not in the file; --dry-run shows it all and does nothing', async () => {
    write('new.yaml', 'a: 2', 'token: geheim');
    await on('set', 'a=1', 'b=1');
    const { stdout, stderr } = await on('import', 'new.yaml', '--delete-missing', '--dry-run');
    expect({ stdout, stderr }).toEqual({ stdout: '~ a  1 → 2\n+ token = ***\n- b = 1\n', stderr: '3 keys would be written to sqlite, 0 are there already\n' });
    expect((await on('get', 'a')).stdout).toBe('1\n');
    expect(await json('import', 'new.yaml', '--delete-missing')).toEqual({ layer: 'sqlite', set: 2, deleted: 1, unchanged: 0 });
    expect((await on('get', 'b')).code).toBe(1);
  });

  it('can be interrupted between batches, and goes on where it was', async () => {
    write('calumma.yaml', ...storeDescription);
    big(300);
    const stopping = new AbortController();
    let drawn = 0;
    const interrupted = await inProcess(['import', 'big.properties', '--batch', '100', '--config', 'calumma.yaml'], { isTTY: true, stop: stopping.signal, onOutput: () => (++drawn === 1 ? stopping.abort() : undefined) });
    expect(interrupted).toMatchObject({ code: 1, stdout: '' });
    expect(interrupted.stderr).toContain('100 of 300 keys');
    expect(interrupted.stderr).toContain('interrupted after 100 of 300 keys; run it again to go on');
    expect(stored()).toMatchObject({ number: 100 });
    expect(await json('import', 'big.properties')).toEqual({ layer: 'sqlite', set: 200, deleted: 0, unchanged: 100 });
  });

  it('draws its progress where stderr is a terminal, and nowhere else', async () => {
    write('calumma.yaml', ...storeDescription);
    big(20);
    const { stderr } = await inProcess(['import', 'big.properties', '--batch', '10', '--config', 'calumma.yaml'], { isTTY: true });
    expect(stderr).toBe('\r\u001b[K[███████████████░░░░░░░░░░░░░░░] 10 of 20 keys\r\u001b[K[██████████████████████████████] 20 of 20 keys\r\u001b[K');
    rmSync('config.db');
    expect((await on('import', 'big.properties')).stderr).toBe('');
  });
});

describe('calumma schema', () => {
  it('sqlite is SQL that makes a table which can be written', async () => {
    const database = new (createRequire(import.meta.url)('libsql') as typeof Libsql)('other.db');
    database.exec((await inProcess(['schema', 'sqlite', '--table', 'settings', '--filter', 'app'])).stdout);
    database.close();
    write('calumma.yaml', 'layers: [{ sqlite: { path: other.db, table: settings, filter: { app: a } } }]');
    expect((await inProcess(['set', 'a=1'])).code).toBe(0);
    expect((await inProcess(['get', 'a'])).stdout).toBe('1\n');
  });

  it.each([['postgres', /CREATE TABLE IF NOT EXISTS "?properties"?/], ['mysql', /CREATE TABLE IF NOT EXISTS `properties`/]])('%s is the schema of the library, each statement ended', async (database, pattern) => {
    const { code, stdout } = await inProcess(['schema', database]);
    expect(code).toBe(0);
    expect(stdout).toMatch(pattern);
    expect(stdout).toMatch(/;\n$/);
    expect(Array.isArray(JSON.parse((await inProcess(['schema', database, '--json'])).stdout))).toBe(true);
  });
});
