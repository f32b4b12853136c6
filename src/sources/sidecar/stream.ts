import { createParser } from 'eventsource-parser';

import { whileHeard } from '../deadline.js';
import { Problem } from '../url/problem.js';
import type { Opened } from './request.js';

/** No word came for so long that the connection counts as dead. */
export class Silence extends Problem {}

export interface Hearing {
  /** ms without a byte after which the connection counts as dead. */
  readonly silenceMs: number;
  readonly maxChars: number;
  /** Gets each event. What it throws ends the stream. */
  readonly event: (name: string | undefined, data: string) => void;
  /** Gets each comment: the sidecar is there, and has nothing to tell. */
  readonly beat: (comment: string) => void;
}

/**
 * Listens to a stream of events until it ends: as it always does at last, this always rejects.
 *
 * @throws Problem, what Node throws, and what `event` throws
 */
export async function listen({ response, heard }: Opened, hearing: Hearing): Promise<never> {
  const silent = () => new Silence(`expected a word within ${hearing.silenceMs} ms, found none: the connection is dead`);
  return whileHeard({ ms: hearing.silenceMs, heard }, silent, eventsOf(response, hearing));
}

async function eventsOf(response: Opened['response'], { maxChars, event, beat }: Hearing): Promise<never> {
  const parser = createParser({ onEvent: ({ event: name, data }) => event(name, data), onComment: beat });
  let weight = 0;
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    weight = weightAfter(weight, chunk);
    if (weight > maxChars) throw new Problem(`expected an event of at most ${maxChars} characters, found more`, { code: 'CALUMMA_TOO_LARGE' });
    parser.feed(chunk);
  }
  throw new Problem('expected a stream without an end, found that the sidecar ended it');
}

// The parser puts the lines of an event together as a rope: of lines as short as `data: y`, that takes many times their characters.
const lineWeight = 100;

/** What has come since the last empty line, which ends an event. */
function weightAfter(before: number, chunk: string): number {
  const end = Math.max(chunk.lastIndexOf('\n\n'), chunk.lastIndexOf('\n\r\n'));
  let weight = (end === -1 ? before : 0) + chunk.length - (end + 1);
  for (let at = chunk.indexOf('\n', end + 1); at !== -1; at = chunk.indexOf('\n', at + 1)) weight += lineWeight;
  return weight;
}
