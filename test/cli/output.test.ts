import { expect, it } from 'vitest';

import { columns, outputTo } from '../../src/cli/output.js';

function sink(isTTY: boolean): { isTTY: boolean; text: string; write(text: string): void } {
  return {
    isTTY,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

const escape = '\u001b[';

it.each([
  ['a terminal', true, {}, true],
  ['a terminal with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['a pipe', false, {}, false],
] as const)('colours on %s: %s %j %s', (_what, isTTY, environment, coloured) => {
  const [stdout, stderr] = [sink(isTTY), sink(isTTY)];
  const output = outputTo(stdout, stderr, environment);
  output.line(output.style('green', 'good'));
  output.problem('bad');
  expect([stdout.text.includes(escape), stderr.text.includes(escape)]).toEqual([coloured, coloured]);
  expect(stdout.text).toContain('good');
});

it('decides on colours for stdout and stderr each on its own', () => {
  const [stdout, stderr] = [sink(false), sink(true)];
  const output = outputTo(stdout, stderr, {});
  output.line(output.style('red', 'to a file'));
  output.problem('to a terminal');
  expect(stdout.text).toBe('to a file\n');
  expect(stderr.text).toContain(escape);
});

it('puts rows into columns and leaves no blanks at the end', () => {
  expect(columns([['a', 'bb', 'c'], ['aaa', 'b', 'cc']])).toEqual(['a    bb  c', 'aaa  b   cc']);
  expect(columns([])).toEqual([]);
});
