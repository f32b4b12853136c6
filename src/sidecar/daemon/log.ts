export type Level = 'info' | 'warn' | 'error';

/** What a program that reads the log may tell events apart by, and what they are about. */
export interface Event {
  readonly event: string;
  readonly level?: Level;
  readonly [detail: string]: unknown;
}

/** Where a daemon says what happens: a line an event. */
export type Log = (event: Event, text: string) => void;

/** @param write takes lines with their ends. */
export function textLog(write: (line: string) => void): Log {
  return ({ level = 'info' }, text) => {
    const lead = `${new Date().toISOString()} ${level.padEnd(5)} `;
    // Several problems of one event are several lines, each of which can be found.
    for (const line of text.split('\n')) write(`${lead}${line}\n`);
  };
}

/** One JSON object a line. */
export function jsonLog(write: (line: string) => void): Log {
  return ({ event, level = 'info', ...details }, text) => {
    write(`${JSON.stringify({ at: new Date().toISOString(), level, event, text, ...details })}\n`);
  };
}
