import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { build, calumma, type Running, start } from './command.js';

beforeAll(build, 60_000);

describe('calumma', () => {
  it('--help names the verbs, gives examples and says what the exit codes mean', async () => {
    const { code, stdout } = await calumma(['--help']);
    expect(code).toBe(0);
    for (const word of ['demo', 'explain', 'get', 'list', 'Examples:', 'Exit codes: 0', 'calumma get gateway.limit']) expect(stdout).toContain(word);
  });

  it('--version is the version of the package', async () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await calumma(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it('suggests the nearest verb for one it does not know, and exits with 2', async () => {
    const { code, stdout, stderr } = await calumma(['dmeo']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("unknown command 'dmeo'");
    expect(stderr).toContain('Did you mean demo?');
  });

  it.each([[[]], [['get']], [['get', 'a', 'b']], [['get', '--jsno', 'a']], [['demo', '--twice']], [['list', 'a', '--config']]])('exits with 2 and prints no result for %j', async (args) => {
    const { code, stdout, stderr } = await calumma(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });
});

describe('calumma demo', () => {
  let temporary: string;
  let running: Running | undefined;

  beforeEach(() => (temporary = mkdtempSync(path.join(tmpdir(), 'calumma-test-'))));
  afterEach(async () => {
    running?.process.kill('SIGKILL');
    await running?.finished;
    running = undefined;
    rmSync(temporary, { recursive: true });
  });

  const demo = async (): Promise<{ url: string; page: URL; folder: string; demo: Running }> => {
    running = start(['demo'], { env: { TMPDIR: temporary } });
    const [, url = '', page = '', folder = ''] = await running.until(/gateway +(http:\S+)[^]*page +(http:\S+)[^]*files +(.*)\/application\.properties/);
    await running.until(/Ctrl-C/);
    return { url, page: new URL(page), folder, demo: running };
  };

  const edit = (file: string, what: string | RegExp, by: string): void => writeFileSync(file, readFileSync(file, 'utf8').replace(what, by));

  it('--once shows that the gateway followed the edit, leaves nothing behind and exits with 0', async () => {
    const { code, stdout, stderr } = await calumma(['demo', '--once'], { env: { TMPDIR: temporary } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/gateway\.rate\.limit {2}5 → 15 {2}files layer, file:application\.properties:2, \d+ ms after the write/);
    expect(stdout).toMatch(/gateway\.rate\.limit {2}15 → 30 {2}store layer, sqlite:\S+(, \d+ ms after the write)?\n {2}20 requests at a limit of 30 a second: 20 passed, 0 got 429/);
    const [, before, after] = /(\d+) of 20 requests passed before, (\d+) after/.exec(stdout) ?? [];
    // The bucket refills while the requests come in; on a slow machine a few more get through.
    expect(Number(before)).toBeGreaterThanOrEqual(5);
    expect(Number(before)).toBeLessThan(15);
    expect(Number(after)).toBeGreaterThanOrEqual(15);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('prints an edit as it lands, and the gateway has followed by then', async () => {
    const { url, folder, demo: running } = await demo();
    expect((await fetch(`${url}/slow?ms=400`)).status).toBe(504);
    edit(path.join(folder, 'application-prod.yaml'), '300ms', '2s');
    await running.until(/gateway\.timeout {2}300ms → 2s {2}files layer, file:application-prod\.yaml:3, \d+ ms after the write/);
    expect((await fetch(`${url}/slow?ms=400`)).status).toBe(200);
  });

  it('has the gateway follow what is written with the token of the printed address, and nobody writes without', async () => {
    const { page, demo: running } = await demo();
    const key = new URL('/v1/config/default/gateway.rate.limit', page);
    expect((await fetch(key, { method: 'PUT', body: '1' })).status).toBe(401);
    const headers = { authorization: `Bearer ${new URLSearchParams(page.hash.slice(1)).get('token') ?? ''}`, 'x-config-reason': 'rush' };
    expect((await fetch(key, { method: 'PUT', body: '30', headers })).status).toBe(200);
    await running.until(/gateway\.rate\.limit {2}5 → 30 {2}store layer, sqlite:/);
    expect((await fetch(key, { method: 'DELETE', headers })).status).toBe(200);
    await running.until(/gateway\.rate\.limit {2}30 → 5 {2}files layer, file:application\.properties:2/);
    expect((await fetch(new URL('/', page))).headers.get('content-type')).toContain('text/html');
  });

  it('lets only the listed hosts through, and those that an edit adds', async () => {
    const { url, folder, demo: running } = await demo();
    const headers = { 'X-Target-Host': 'Example.com:8080' };
    expect((await fetch(url, { headers })).status).toBe(403);
    edit(path.join(folder, 'application.properties'), 'localhost', 'localhost,example.com');
    await running.until(/gateway\.allowed\.hosts {2}.* → /);
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  it('keeps the last good limit and says what is wrong with an edit', async () => {
    const { folder, demo: running } = await demo();
    const properties = path.join(folder, 'application.properties');
    edit(properties, 'limit=5', 'limit=many');
    await running.until(/✗ gateway\.rate\.limit: expected an integer, found "many" \(sidecar:http:.*\/gateway\.rate\.limit\)/);
    await running.until(/5 → many {2}not used: the last good value stays/);
    edit(path.join(folder, 'application-prod.yaml'), '300ms', '"300ms');
    await running.until(/✗ yaml: .*application-prod\.yaml:\d+:\d+\)\n.*the last good values stay/);
    edit(path.join(folder, 'application-prod.yaml'), '"300ms', '400ms');
    await running.until(/gateway\.timeout {2}300ms → 400ms/);
    await running.until(/✓ files layer: read again/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends on %s with exit code 0, no server and no files', async (signal) => {
    const { url, folder, demo: running } = await demo();
    // a request that is under way must not hold the end up
    const pending = fetch(`${url}/slow?ms=200`).then(() => 'answered', () => 'cut off');
    expect(existsSync(folder)).toBe(true);
    running.process.kill(signal);
    running.process.kill(signal);
    expect(await running.finished).toMatchObject({ code: 0, stderr: '' });
    expect(await pending).toMatch(/answered|cut off/);
    await expect(fetch(url)).rejects.toThrow();
    expect(await readdir(temporary)).toEqual([]);
  });

  it('ends by itself when nobody reads what it prints', async () => {
    const { folder, demo: running } = await demo();
    running.process.stdout?.destroy();
    edit(path.join(folder, 'application.properties'), 'limit=5', 'limit=6');
    await expect.poll(() => running.process.exitCode, { timeout: 10_000 }).toBe(0);
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe('calumma explain, get and list', () => {
  let folder: string;
  const write = (name: string, ...lines: string[]): void => writeFileSync(path.join(folder, name), lines.join('\n'));
  const inFolder = (...args: string[]): ReturnType<typeof calumma> => calumma(args, { cwd: folder, env: { CALUMMA_ENV: 'prod', DB_PASSWORD: 'hunter2', GATEWAY_LIMIT: '50', API_TOKEN: 'hunter4' } });

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'calumma-test-'));
    write('application.properties', 'gateway.limit=5', 'gateway.host=${region:eu}.example.com', 'gateway.banner=two\\nlines', 'db.password=hunter3', 'db.url=pg://me:${db.password}@db', 'queue.token=hunter5');
    write('application-prod.yaml', 'gateway:', '  limit: 10');
    write('other.yaml', 'layers:', '  - values: { entries: { only.key: here } }');
    write('broken.yaml', 'layers:', '  - fils: { name: application }');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('explain names the winner first, then what it hides, each with its place', async () => {
    const { code, stdout } = await inFolder('explain', 'gateway.limit');
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe('gateway.limit = 50');
    expect(stdout).toMatch(/→ env +50 +env:GATEWAY_LIMIT/);
    expect(stdout).toMatch(/10 +file:application-prod\.yaml:2/);
  });

  it('explain --json is one object', async () => {
    const { stdout } = await inFolder('explain', 'gateway.limit', '--json');
    const explanation = JSON.parse(stdout) as { hidden: unknown[] };
    expect(explanation).toMatchObject({ key: 'gateway.limit', value: '50', secret: false, winner: { layer: 'env', origin: 'env:GATEWAY_LIMIT' }, errors: [] });
    expect(explanation.hidden).toHaveLength(1);
  });

  it('explain masks a secret, and a value that was filled from one', async () => {
    for (const key of ['db.password', 'db.url']) {
      for (const args of [[key], [key, '--json']]) {
        const { code, stdout } = await inFolder('explain', ...args);
        expect({ code, leaks: /hunter\d/.test(stdout), masked: stdout.includes('***') }).toEqual({ code: 0, leaks: false, masked: true });
      }
    }
  });

  it('explain of a key that is set nowhere says so and exits with 1', async () => {
    expect(await inFolder('explain', 'no.such.key')).toEqual({ code: 1, stdout: '', stderr: 'calumma: no.such.key is set nowhere\n' });
  });

  it('get prints the value and nothing else, a secret too', async () => {
    expect(await inFolder('get', 'gateway.host')).toEqual({ code: 0, stdout: 'eu.example.com\n', stderr: '' });
    expect((await inFolder('get', 'db.password')).stdout).toBe('hunter2\n');
    expect(JSON.parse((await inFolder('get', 'gateway.limit', '--json')).stdout)).toEqual({ key: 'gateway.limit', value: '50' });
  });

  it('get of a key that is set nowhere exits with 1, and is null in JSON', async () => {
    expect(await inFolder('get', 'no.such.key')).toEqual({ code: 1, stdout: '', stderr: 'calumma: no.such.key is set nowhere\n' });
    const { code, stdout } = await inFolder('get', 'no.such.key', '--json');
    expect({ code, json: JSON.parse(stdout) as unknown }).toEqual({ code: 1, json: { key: 'no.such.key', value: null } });
  });

  it('list prints one line for each key, sorted, secrets as ***', async () => {
    const { code, stdout } = await inFolder('list', 'gateway');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^gateway\.banner +two\\nlines +file:application\.properties:3$/);
    expect(lines[1]).toMatch(/^gateway\.host +eu\.example\.com +file:application\.properties:2$/);
    const ordinary = (await inFolder('list')).stdout;
    expect(ordinary).toMatch(/^gateway\.host /m);
    expect(ordinary).toMatch(/^and \d+ variables of the environment: --all$/m);
    expect(ordinary).not.toMatch(/^API_TOKEN/m);
    const everything = (await inFolder('list', '--all')).stdout;
    expect(everything).toMatch(/^API_TOKEN +\*\*\* +env:API_TOKEN$/m);
    expect(everything).not.toMatch(/hunter\d/);
  });

  it('list of a prefix that nothing is below says so, and which was meant', async () => {
    expect(await inFolder('list', 'gatewya')).toEqual({ code: 0, stdout: '', stderr: 'calumma: nothing is set at or below gatewya; did you mean gateway?\n' });
    expect(await inFolder('list', 'zzzzzzzz')).toEqual({ code: 0, stdout: '', stderr: 'calumma: nothing is set at or below zzzzzzzz\n' });
  });

  it('list --json says layer and origin, and masks secrets', async () => {
    const rows = JSON.parse((await inFolder('list', '--json')).stdout) as { key: string }[];
    const row = (key: string): unknown => rows.find((one) => one.key === key);
    expect(row('queue.token')).toMatchObject({ value: '***', secret: true, origin: 'file:application.properties:6' });
    expect(row('db.url')).toMatchObject({ value: '***', secret: true, origin: 'file:application.properties:5' });
    expect(row('GATEWAY_LIMIT')).toEqual({ key: 'GATEWAY_LIMIT', value: '50', secret: false, layer: 'env', origin: 'env:GATEWAY_LIMIT' });
  });

  it('the words of the command line are not taken for properties', async () => {
    expect((await inFolder('list', '--json')).stdout).not.toContain('args:');
    expect((await inFolder('get', 'json', '--json')).code).toBe(1);
  });

  it('list into a pipe that is closed early ends without a word', async () => {
    write('many.properties', ...Array.from({ length: 20_000 }, (_, at) => `key${at}=${'v'.repeat(50)}`));
    write('many.yaml', 'layers:', '  - file: { path: many.properties }');
    const running = start(['list', '--config', 'many.yaml'], { cwd: folder });
    await running.until(/key/);
    running.process.stdout?.destroy();
    expect(await running.finished).toMatchObject({ code: 0, stderr: '' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('watch ends on %s, and when nobody reads it any more, with exit code 0', async (signal) => {
    const watch = async (): Promise<Running> => {
      const running = start(['watch'], { cwd: folder, env: { CALUMMA_ENV: 'prod' } });
      const written = setInterval(() => write('application-prod.yaml', 'gateway:', `  limit: ${Date.now()}`), 100);
      await running.until(/gateway\.limit {2}\d+ → \d+ {2}files:application/).finally(() => clearInterval(written));
      return running;
    };
    const stopped = await watch();
    stopped.process.kill(signal);
    expect(await stopped.finished).toMatchObject({ code: 0, stderr: '' });
    const unread = await watch();
    unread.process.stdout?.destroy();
    const written = setInterval(() => write('application-prod.yaml', 'gateway:', `  limit: ${Date.now()}`), 100);
    expect(await unread.finished.finally(() => clearInterval(written))).toMatchObject({ code: 0, stderr: '' });
    write('application-prod.yaml', 'gateway:', '  limit: 10');
  });

  it('--config reads the layers that a description names, and says what is wrong in it', async () => {
    expect(await inFolder('get', 'only.key', '--config', 'other.yaml')).toEqual({ code: 0, stdout: 'here\n', stderr: '' });
    expect((await inFolder('get', 'gateway.limit', '--config', 'other.yaml')).code).toBe(1);
    const { code, stderr } = await inFolder('list', '--config', 'broken.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain('broken.yaml');
    expect(stderr).not.toContain('    at ');
    expect((await inFolder('list', '--config', 'missing.yaml')).code).toBe(1);
  });

  it('a calumma.yaml with mistakes gives way to the standard layers, which is said first; not where values are given on', async () => {
    const { code, stdout, stderr } = await calumma(['get', 'gateway.limit'], { cwd: folder, env: { CALUMMA_CONFIG: 'broken.yaml', CALUMMA_ENV: 'prod' } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '10\n' });
    expect(stderr).toMatch(/^calumma: the standard layers are used instead of what \S*broken\.yaml describes: .*"fils"; did you mean "file"/);
    for (const verb of [['run', 'true'], ['export']]) {
      expect(await calumma(verb, { cwd: folder, env: { CALUMMA_CONFIG: 'broken.yaml' } })).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^calumma: \S*broken\.yaml:2:5: /) as string });
    }
    const written = await calumma(['set', 'a=1'], { cwd: folder, env: { CALUMMA_CONFIG: 'broken.yaml' } });
    expect(written.stderr).toMatch(/^calumma: the standard layers are used [^\n]*\ncalumma: expected a layer that can be written/);
  });

  it('a store that can neither be read nor written is told once', async () => {
    write('away.yaml', 'layers:', '  - sqlite: { path: away.db }');
    const { code, stderr } = await inFolder('set', 'a=1', '--config', 'away.yaml');
    expect({ code, lines: stderr.match(/found none/g) }).toEqual({ code: 1, lines: ['found none'] });
  });

  it('a file that does not parse is named on stderr, in one line', async () => {
    const other = mkdtempSync(path.join(tmpdir(), 'calumma-test-'));
    try {
      writeFileSync(path.join(other, 'application.yaml'), 'a: "');
      const { stderr } = await calumma(['get', 'a'], { cwd: other });
      expect(stderr).toMatch(/^calumma: yaml: .*application\.yaml:1:\d+\)/m);
      expect(stderr).not.toContain('trace-warnings');
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
