import type { IncomingMessage, ServerResponse } from 'node:http';
import { atOrUnder } from '../../index.js';
import { type Answer, send } from '../http/answer.js';
import { type Client, type Clients, nameOf } from './clients.js';
import { matches } from '../answers/config.js';
import type { Commit, Namespace } from '../held/namespace.js';
import { badRequest } from '../http/problem.js';
import { refuse } from '../http/refuse.js';
import { wordOf } from '../held/revisions.js';
import type { Underway } from '../http/underway.js';

const longestWaitMs = 55_000;

/** What a long poll waits for. */
export interface Awaited {
  readonly namespaces: readonly Namespace[];
  readonly prefix: string;
  /** Tells the present tag. */
  readonly tagNow: () => string;
  /** The answer to who has the tag: everything, or a 304. */
  readonly answer: () => Answer;
  /** The tag that the client has. */
  readonly tag: string;
  readonly waitMs: number;
}

/** Where it is known while it waits, and while it is answered. */
interface Waiting {
  readonly clients: Clients;
  readonly underway: Underway;
}

/** `?wait=30s` in ms: `''` is 30 s, 55 s are the most. @throws Problem 400 */
export function waitOf(text: string): number {
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)?$/.exec(text === '' ? '30s' : text) ?? [];
  if (number === undefined) throw badRequest(`wait: expected a time such as 30s or 500ms, found ${JSON.stringify(text.slice(0, 20))}`);
  return Math.min(longestWaitMs, Number(number) * (unit === 'ms' ? 1 : 1_000));
}

/** Answers when the content differs from what the client has, or with a 304 when its time is up. */
export class LongPoll implements Client {
  readonly kind = 'poll';
  readonly name: string;
  readonly since = Date.now();
  readonly #awaited: Awaited;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #waiting: Waiting;
  #unfollow: readonly (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #revision: string;
  readonly #isPart: (key: string) => boolean;

  constructor(awaited: Awaited, request: IncomingMessage, response: ServerResponse, waiting: Waiting) {
    this.#awaited = awaited;
    this.#request = request;
    this.#response = response;
    this.#waiting = waiting;
    this.name = nameOf(request);
    this.#revision = wordOf(awaited.namespaces);
    this.#isPart = atOrUnder(awaited.prefix);
  }

  get namespaces(): readonly string[] {
    return this.#awaited.namespaces.map(({ name }) => name);
  }

  get prefix(): string {
    return this.#awaited.prefix;
  }

  told(): string {
    return this.#revision;
  }

  /** @throws Problem 503 when too many wait already */
  start(): void {
    this.#waiting.clients.expectRoom();
    const { namespaces, tag, tagNow, waitMs } = this.#awaited;
    // Registered before it compares: what is published in between is not missed.
    this.#unfollow = namespaces.map((namespace) => namespace.follow({ committed: (commit) => this.#committed(commit) }));
    if (!matches(tag, tagNow())) return this.end();
    this.#waiting.clients.add(this);
    // A little early, and not all at once: those who came together would come together again.
    this.#timer = setTimeout(() => this.end(), waitMs * (1 - Math.random() / 10));
    this.#response.once('close', () => this.#leave());
  }

  /** Answers with what is there: a 304 when nothing has changed. */
  end(): void {
    this.#leave();
    try {
      send(this.#request, this.#response, this.#awaited.answer(), this.#waiting.underway);
    } catch (error) {
      refuse(error, this.#request, this.#response);
    }
  }

  #committed({ changes, isSwap }: Commit): void {
    // The views of many prefixes are not all kept: one that is worked out anew costs a walk through all keys.
    if (!isSwap && !changes.some(({ key }) => this.#isPart(key))) return;
    if (!matches(this.#awaited.tag, this.#awaited.tagNow())) this.end();
  }

  #leave(): void {
    for (const end of this.#unfollow) end();
    this.#waiting.clients.remove(this);
    clearTimeout(this.#timer);
  }
}
