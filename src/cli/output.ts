import { styleText } from 'node:util';

import { oneLines } from './lines.js';

export type Style = Parameters<typeof styleText>[0];

/** Where a command writes, and how: lines for people, values for programs, news that things went wrong. */
export interface Output {
  /** One line to stdout. */
  line(text?: string): void;
  /** One line to stderr, in red unless another style is given. */
  problem(text: string, style?: Style): void;
  /** Text to stdout as it is. */
  text(text: string): void;
  /** One JSON value to stdout. */
  json(value: unknown): void;
  /** The text in a colour where stdout is a terminal that wants colours, else as it is. */
  style(style: Style, text: string): string;
  /** Whether a person sits in front of stdout. */
  readonly isTerminal: boolean;
  /** Whether {@link draw} reaches a person. */
  readonly drawsProgress: boolean;
  /** A line on stderr that the next one replaces; the empty one takes it away. */
  draw(line: string): void;
}

/** The part of a terminal or pipe that is needed here. */
export interface Sink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * @param environment asked for `NO_COLOR` (https://no-color.org: any value but the empty one) and `TERM=dumb`
 */
export function outputTo(stdout: Sink, stderr: Sink, environment: NodeJS.ProcessEnv = process.env): Output {
  const painter = (sink: Sink) => (style: Style, text: string) => (hasColours(sink, environment) ? paint(style, text) : text);
  const [onStdout, onStderr] = [painter(stdout), painter(stderr)];
  return {
    line: (text = '') => void stdout.write(`${text}\n`),
    problem: (text, style = 'red') => void stderr.write(`${onStderr(style, oneLines(text))}\n`),
    isTerminal: stdout.isTTY === true,
    drawsProgress: stderr.isTTY === true && environment.TERM !== 'dumb',
    draw: (line) => void stderr.write(`\r\u001b[K${line}`),
    text: (text) => void stdout.write(text),
    json: (value) => void stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    style: onStdout,
  };
}

function hasColours(sink: Sink, environment: NodeJS.ProcessEnv): boolean {
  return sink.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
}

// The decision is ours: styleText would look at process.stdout, whichever stream the text is for.
function paint(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}

/** Rows in columns as wide as their widest cell, without blanks at their ends. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd((widths[at] ?? 0) + gap))).join('').trimEnd());
}
