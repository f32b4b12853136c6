import { mostChars, tooLong } from './limit.js';

/** A server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a stream, as the HTML standard reads it; comments, ids and retry times are passed over.
 *
 * @throws Failure when an event is longer than any that a sidecar sends
 */
export async function* eventsIn(stream: AsyncIterable<unknown> & { setEncoding(encoding: 'utf8'): unknown }): AsyncGenerator<ServerEvent> {
  stream.setEncoding('utf8');
  let rest: string[] = [];
  let event = 'message';
  let data: string[] = [];
  let chars = 0;
  for await (const piece of stream) {
    chars += String(piece).length;
    if (chars > mostChars) throw tooLong();
    const [first = '', ...lines] = String(piece).split('\n');
    rest.push(first);
    for (const next of lines) {
      const line = rest.join('').replace(/\r$/, '');
      rest = [next];
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') };
        [event, data, chars] = ['message', [], next.length];
      } else if (line.startsWith('event:')) event = line.slice(6).trimStart();
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    }
  }
}
