import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { build, calumma, type Running, start } from './command.js';

beforeAll(build, 60_000);

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // has ended
  }
}

describe('calumma run', () => {
  let folder: string;
  let running: Running | undefined;
  const write = (limit: string): void => writeFileSync(path.join(folder, 'application.properties'), `gateway.limit=${limit}\nother.thing=o\n`);
  const follow = (script: string, ...options: string[]): Running => {
    running = start(['run', '--quiet', '50ms', ...options, '--', process.execPath, '-e', script], { cwd: folder });
    return running;
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'calumma-test-'));
    write('5');
  });
  afterEach(async () => {
    // The program first: calumma ends with it.
    for (const [, pid] of running?.stdout().matchAll(/^limit .*?(\d+)$/gm) ?? []) kill(Number(pid));
    await running?.finished;
    running = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const stays = "console.log('limit', process.env.GATEWAY_LIMIT, process.pid); setInterval(() => {}, 1000);";

  it('gives a program the values as variables, beside those it would have anyway, and takes its exit code', async () => {
    const { code, stdout } = await calumma(['run', '--', process.execPath, '-p', '[process.env.GATEWAY_LIMIT, process.env.OTHER_THING, process.env.OWN, process.exitCode = 7].join()'], { cwd: folder, env: { OWN: 'x' } });
    expect({ code, stdout }).toEqual({ code: 7, stdout: '5,o,x,7\n' });
  });

  it('--prefix narrows it; options behind the program are the program’s', async () => {
    const { stdout } = await calumma(['run', '--prefix', 'gateway', process.execPath, '-p', 'process.env.GATEWAY_LIMIT + process.env.OTHER_THING', 'a', '--json', '--prefix'], { cwd: folder });
    expect(stdout).toBe('5undefined\n');
  });

  it('the environment goes before the files, as everywhere', async () => {
    const { stdout } = await calumma(['run', '--', process.execPath, '-p', 'process.env.GATEWAY_LIMIT'], { cwd: folder, env: { GATEWAY_LIMIT: '20' } });
    expect(stdout).toBe('20\n');
  });

  it('starts the program again on a change, once for several, and not for what is the same', async () => {
    const run = follow(stays);
    const [, first] = await run.until(/limit 5 (\d+)/);
    write('5 ');
    await run.until(/limit 5 {2}(\d+)/);
    write('6');
    write('7');
    const [, last] = await run.until(/limit 7 (\d+)/);
    expect(last).not.toBe(first);
    run.process.kill('SIGTERM');
    const { code, stdout, stderr } = await run.finished;
    expect(code).toBe(143);
    expect(stdout.match(/^limit /gm)?.length).toBeLessThanOrEqual(4);
    expect(stderr).toMatch(/^calumma: 1 variable changed: restarting$/m);
  });

  it('kills a program that does not end in its time', async () => {
    const run = follow(`process.on('SIGTERM', () => console.log('no')); ${stays}`, '--grace', '100ms');
    await run.until(/limit 5/);
    write('6');
    await run.until(/no\n/);
    await run.until(/limit 6/);
  });

  it('--signal tells the program instead, and leaves it running', async () => {
    const run = follow(`process.on('SIGHUP', () => console.log('reload', process.env.GATEWAY_LIMIT)); ${stays}`, '--signal', 'hup');
    await run.until(/limit 5/);
    write('6');
    await run.until(/reload 5/);
    expect((await run.until(/limit (\d)/))[1]).toBe('5');
  });

  it('--no-follow leaves it alone, and --json makes news objects', async () => {
    const quiet = follow(stays, '--no-follow');
    await quiet.until(/limit 5/);
    write('6');
    quiet.process.kill('SIGINT');
    expect(await quiet.finished).toMatchObject({ code: 130, stderr: '' });
    const told = follow(stays, '--json');
    await told.until(/limit 6/);
    write('7');
    await told.until(/limit 7/);
    told.process.kill('SIGTERM');
    const { stderr } = await told.finished;
    expect(JSON.parse(stderr.split('\n')[0] ?? '')).toMatchObject({ message: '1 variable changed: restarting' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('passes %s on, and waits for what the program makes of it', async (signal) => {
    const run = follow(`process.on('${signal}', () => setTimeout(() => process.exit(3), 50)); ${stays}`);
    await run.until(/limit/);
    run.process.kill(signal);
    expect((await run.finished).code).toBe(3);
  });

  it('leaves no program behind', async () => {
    const run = follow(stays);
    const [, pid] = await run.until(/limit 5 (\d+)/);
    run.process.kill('SIGTERM');
    await run.finished;
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });

  it('keeps the program as it is while the values cannot be an environment', async () => {
    const run = follow(stays);
    await run.until(/limit 5/);
    writeFileSync(path.join(folder, 'application.properties'), 'gateway.limit=6\ngateway-limit=7\n');
    await expect.poll(() => run.stderr(), { timeout: 10_000 }).toContain('"gateway.limit" and "gateway-limit" are both GATEWAY_LIMIT; the program keeps what it has');
    write('8');
    await run.until(/limit 8/);
  });

  it.each([
    [['no-such-program-anywhere'], 127, 'no-such-program-anywhere: no such program'],
    [['.'], 126, 'may not be run'],
  ])('%j is exit code %i', async (command, code, said) => {
    const finished = await calumma(['run', '--', ...command], { cwd: folder });
    expect(finished).toMatchObject({ code, stderr: expect.stringContaining(said) as string });
  });
});
