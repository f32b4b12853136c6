import { createParser, type EventSourceMessage } from 'eventsource-parser';

import { RefusedError, type Api, segment } from './api.js';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** It went away and is asked again by itself. */
  | { readonly kind: 'lost'; readonly retryAt: number; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

export interface FeedOptions {
  readonly api: Api;
  readonly namespace: string;
  /** What the page has: the feed goes on from there. */
  readonly revision: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: EventSourceMessage) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** What the sidecar knows pages by, among its clients. */
export const pageName = 'calumma page';

// Two heartbeats of 10 s and some: a connection that says nothing for so long is dead, though nobody has told us.
const silenceMs = 25_000;

/** Follows a namespace until `signal` aborts, through any number of connections. EventSource could not send a token. */
export async function follow(options: FeedOptions): Promise<void> {
  const { signal, onConnection } = options;
  let last = options.revision;
  for (let attempt = 0; !signal.aborted; attempt++) {
    const why = await once({ ...options, revision: last, heard: (id) => ([last, attempt] = [id ?? last, 0]) });
    if (isOver(signal)) return;
    if (why instanceof RefusedError && why.status >= 400 && why.status < 500 && why.status !== 429) {
      return onConnection({ kind: 'refused', why: why.message });
    }
    const pause = pauseMs(attempt, Math.random());
    onConnection({ kind: 'lost', retryAt: Date.now() + pause, why: why instanceof RefusedError ? why.message : 'no connection' });
    await rest(pause, signal);
  }
}

// A function, because the compiler believes that a signal stays what it was through an await.
const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Full jitter below a ceiling of 5 s: when a sidecar comes back, not everybody knocks at once. */
export const pauseMs = (attempt: number, random: number): number => 200 + random * Math.min(5_000, 250 * 2 ** attempt);

interface Once extends FeedOptions {
  readonly heard: (id: string | undefined) => void;
}

/** One connection, until it ends. @returns why it did */
async function once({ api, namespace, revision, signal, onEvent, onConnection, heard }: Once): Promise<unknown> {
  const quiet = new AbortController();
  const parser = createParser({
    onEvent(event) {
      heard(event.id);
      onEvent(event);
    },
  });
  let timer = setTimeout(() => quiet.abort(), silenceMs);
  try {
    const response = await api.open(`v1/watch?ns=${segment(namespace)}&snapshot=false`, {
      headers: { accept: 'text/event-stream', 'last-event-id': revision, 'x-config-client': pageName },
      signal: AbortSignal.any([signal, quiet.signal]),
    });
    onConnection({ kind: 'live' });
    heard(undefined);
    for await (const text of texts(response)) {
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), silenceMs);
      parser.feed(text);
    }
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}

// Safari cannot iterate over a stream yet.
async function* texts(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) yield piece.value;
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      removeEventListener('online', wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    addEventListener('online', wake);
    signal.addEventListener('abort', wake);
  });
}
