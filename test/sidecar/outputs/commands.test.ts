import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { currentOf, eventually, jsonOf, outputOn, rig, scratch, specOf, until, versionsIn } from './rig.js';

const sh = (script: string, ...args: string[]): readonly string[] => ['sh', '-c', script, 'sh', ...args];

describe('a check', () => {
  it('runs in the new files before they are in place, and keeps them from it when it fails', async () => {
    const { to, output, feed, events } = rig({ limit: '1' }, { check: sh('grep -q "[0-9]" default.json || { echo "no number"; exit 3; }') });
    await until(output, 'written');
    const before = currentOf(to);
    feed.set('limit', 'many');
    await until(output, 'failed');
    expect(output.status.error).toContain('its check failed: sh ended with code 3: no number');
    expect(currentOf(to)).toBe(before);
    expect(versionsIn(to)).toEqual([before]);
    feed.set('limit', '2');
    await until(output, 'written');
    expect(jsonOf(to)).toEqual({ limit: '2' });
    expect(events.map(({ kind }) => kind)).toEqual(['written', 'failed', 'written']);
  });

  it('is ended with all that it started when it takes too long', async () => {
    const marker = path.join(scratch(), 'pid');
    const { to, output } = rig({ a: '1' }, { check: sh('sleep 100 & echo $! > "$1"; wait', marker), timeoutMs: 300 });
    await until(output, 'failed');
    expect(output.status.error).toContain('its check failed: sh was ended after 300 ms');
    expect(existsSync(path.join(to, 'current'))).toBe(false);
    const pid = Number(readFileSync(marker, 'utf8'));
    await eventually(() => isGone(pid));
  });

  it('is an error when there is no such program', async () => {
    const { output } = rig({ a: '1' }, { check: ['calumma-there-is-none'] });
    await until(output, 'failed');
    expect(output.status.error).toContain('its check failed: spawn calumma-there-is-none ENOENT');
  });

  it('may not tell secrets that it was shown', async () => {
    const { output } = rig({ 'db.password': 'hunter2' }, { reveal: true, check: sh('cat default.json; exit 1') });
    await until(output, 'failed');
    expect(output.status.error).toContain('"db.password": "***"');
    expect(output.status.error).not.toContain('hunter2');
  });

  it('is killed when the output is closed in a hurry', async () => {
    const marker = path.join(scratch(), 'began');
    const { output } = rig({ a: '1' }, { check: sh('touch "$1"; sleep 100', marker), timeoutMs: 100_000 });
    await eventually(() => existsSync(marker));
    await output.close(AbortSignal.abort());
    expect(output.status.state).toBe('failed');
  });
});

describe('a reload', () => {
  it('runs once the files are in place, and not for the same ones', async () => {
    const log = path.join(scratch(), 'log');
    const reload = sh('cat "$CALUMMA_OUTPUT/current/default.json" >> "$1"; pwd >> "$1"', log);
    const { to, output, config, events } = rig({ a: '1' }, { reload });
    await until(output, 'written');
    expect(readFileSync(log, 'utf8')).toBe(`{\n  "a": "1"\n}\n${path.join(to, 'v', currentOf(to))}\n`);
    expect(events.map(({ kind }) => kind)).toEqual(['written', 'told']);
    await output.close();
    const next = outputOn(config, specOf(to, { reload }));
    await until(next.output, 'written');
    expect(next.events).toEqual([]);
    expect(readdirSync(to).sort()).toEqual(['current', 'v']);
  });

  it('is made up for by the next process when it failed, or the one that owed it was killed', async () => {
    const folder = scratch();
    const [allowed, log] = [path.join(folder, 'allowed'), path.join(folder, 'log')];
    const reload = sh('test -e "$1" && echo told >> "$2"', allowed, log);
    const { to, output, config } = rig({ a: '1' }, { reload });
    await until(output, 'failed');
    expect(jsonOf(to)).toEqual({ a: '1' });
    expect(output.status.error).toContain('its reload failed: sh ended with code 1');
    await output.close();
    writeFileSync(allowed, '');
    const next = outputOn(config, specOf(to, { reload }));
    await until(next.output, 'written');
    expect(readFileSync(log, 'utf8')).toBe('told\n');
    expect(next.events.map(({ kind }) => kind)).toEqual(['told']);
  });

  it('never runs twice at a time, and runs for what came meanwhile', async () => {
    const folder = scratch();
    const [lock, log] = [path.join(folder, 'lock'), path.join(folder, 'log')];
    const reload = sh('mkdir "$1" || echo two >> "$2"; sleep 0.1; cat "$CALUMMA_FILES/default.json" >> "$2"; rmdir "$1"', lock, log);
    const { output, feed } = rig({ a: '0' }, { reload, quietMs: 5 });
    await eventually(() => existsSync(lock));
    for (const value of ['1', '2', '3']) feed.set('a', value);
    await eventually(() => existsSync(log) && readFileSync(log, 'utf8').includes('"a": "3"'));
    await until(output, 'written');
    expect(readFileSync(log, 'utf8').match(/"a": "\d"|two/g)).toEqual(['"a": "0"', '"a": "3"']);
  });

  it('may be a signal to the process whose id stands in a file', async () => {
    const folder = scratch();
    const [pidFile, got] = [path.join(folder, 'pid'), path.join(folder, 'got')];
    const { spawn } = await import('node:child_process');
    const child = spawn('sh', ['-c', 'trap \'echo got >> "$2"\' HUP; echo $$ > "$1"; while :; do sleep 0.02; done', 'sh', pidFile, got]);
    try {
      await eventually(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
      const { output } = rig({ a: '1' }, { reload: { signal: 'SIGHUP', pidFile } });
      await until(output, 'written');
      await eventually(() => existsSync(got));
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.each(['', '0', '1', '-1', '12 13', 'nginx'])('signals nobody where %j stands in that file', async (text) => {
    const pidFile = path.join(scratch(), 'pid');
    writeFileSync(pidFile, text);
    const { output } = rig({ a: '1' }, { reload: { signal: 'SIGHUP', pidFile } });
    await until(output, 'failed');
    expect(output.status.error).toContain(`expected the id of a process in ${pidFile}`);
  });
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(' Z ');
  } catch {
    return true;
  }
}
