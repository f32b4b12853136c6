import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

import { inProcess } from './in-process.js';

/** What a shell that has sourced the script offers for a line whose last word is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout: script } = await inProcess(['completion', 'bash']);
  const line = ['calumma', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _calumma; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-uc', ask], { encoding: 'utf8' }).split('\n').filter((word) => word !== '').sort();
}

describe('calumma completion bash, in bash', () => {
  it.each([
    [['ex'], ['explain', 'export']],
    [['--v'], ['--version']],
    [['get', '--'], ['--config', '--help', '--json', '--namespace', '--sidecar']],
    [['watch', '--s'], ['--sidecar']],
    [['schema', ''], ['mysql', 'postgres', 'sqlite']],
    [['completion', 'z'], ['zsh']],
    [['export', '--format', 'p'], ['properties']],
    [['help', 'roll'], ['rollback']],
    [['get', 'gateway'], []],
    [['no-such-verb', '-'], []],
  ])('%j offers %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('every verb is offered', async () => {
    const { stdout } = await inProcess(['--help']);
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) (?=[[<]| )/gm)].map(([, verb]) => verb);
    expect(verbs.length).toBeGreaterThan(15);
    expect(await offered('')).toEqual(expect.arrayContaining(verbs));
  });
});

describe.each(['zsh', 'fish'])('calumma completion %s', (shell) => {
  it('names each verb and its options, and is a script that the shell can read', async (context) => {
    const { code, stdout } = await inProcess(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['explain', 'rollback', 'expect', 'signal', 'postgres']) expect(stdout).toContain(word);
    const read = spawnSync(shell, ['-n', '/dev/stdin'], { input: stdout, encoding: 'utf8' });
    if (read.error !== undefined) return context.skip(`${shell} is not installed`);
    expect({ status: read.status, stderr: read.stderr }).toEqual({ status: 0, stderr: '' });
  });
});
