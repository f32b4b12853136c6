import { type Cell, cell } from './cell.js';

/** What is said to those who do not see the page. */
export interface Voice {
  readonly said: Cell<string>;
  say(text: string): void;
}

// A text that is replaced at once is never spoken.
const restMs = 1_200;

/** Says one thing after the other. */
export function createVoice(): Voice {
  const said = cell('');
  const waiting: string[] = [];
  let isSpeaking = false;
  const next = (): void => {
    const text = waiting.shift();
    isSpeaking = text !== undefined;
    if (text === undefined) return;
    said.set(text);
    setTimeout(next, restMs);
  };
  return {
    said,
    say(text) {
      waiting.push(text);
      if (!isSpeaking) next();
    },
  };
}
