import { setTimeout as sleep } from 'node:timers/promises';

import type { Listener } from './access.js';
import type { Address } from './address.js';
import { eventsIn } from './event-stream.js';
import { ask, problemOf } from './http.js';
import { type Fields, fieldsIn, lagIn, listIn, textIn, textOrNull, understood, valuesIn } from './words.js';

interface Feed {
  readonly address: Address;
  readonly namespace: string;
  readonly prefix: string;
}

interface Follower {
  /** What the user has been told so far; `undefined` before the first snapshot. */
  values?: Map<string, string>;
  lost: boolean;
  readonly listener: Listener;
}

const retryMs = 1_000;
/** The sidecar says something every 10 s. */
const silenceMs = 30_000;

/**
 * Follows a sidecar; one that goes away is waited for, and what has changed meanwhile is told when it is back.
 *
 * @throws Failure when it cannot be followed from the start
 */
export async function watchRemote(feed: Feed, listener: Listener, signal: AbortSignal): Promise<void> {
  const follower: Follower = { listener, lost: false };
  for (;;) {
    const error = await follow(feed, follower, signal).catch((problem: unknown) => problem as Error);
    if (signal.aborted) return;
    if (error !== undefined && follower.values === undefined) throw error;
    await pause(follower, signal);
  }
}

async function pause(follower: Follower, signal: AbortSignal): Promise<void> {
  if (!follower.lost) tellState(follower, 'stale');
  follower.lost = true;
  await sleep(retryMs, undefined, { signal }).catch(() => undefined);
}

function tellState({ listener }: Follower, state: string): void {
  listener.state({ at: now(), layer: 'sidecar', state });
}

/** One connection, until it ends. */
async function follow({ address, namespace, prefix }: Feed, follower: Follower, signal: AbortSignal): Promise<undefined> {
  const path = `/v1/watch?ns=${encodeURIComponent(namespace)}${prefix === '' ? '' : `&prefix=${encodeURIComponent(prefix)}`}`;
  const answer = await ask(address, { path, headers: { accept: 'text/event-stream' }, signal });
  if (answer.statusCode !== 200) throw await problemOf(address, answer);
  answer.socket.setTimeout(silenceMs);
  if (follower.lost) tellState(follower, 'live');
  follower.lost = false;
  for await (const { event, data } of eventsIn(answer)) {
    if (event === 'snapshot') takeSnapshot(follower, understood(address, data, valuesIn).values);
    else if (event === 'change') understood(address, data, (told) => takeChange(follower, fieldsIn(told)));
    else if (event === 'state') understood(address, data, (told) => takeState(follower, fieldsIn(told)));
  }
  return undefined;
}

function takeSnapshot(follower: Follower, after: ReadonlyMap<string, string>): void {
  const before = follower.values;
  follower.values = new Map(after);
  if (before === undefined) return follower.listener.ready();
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
  const changes = keys.map((key) => ({ key, before: before.get(key) ?? null, after: after.get(key) ?? null, layer: null, lagMs: null }));
  if (changes.length > 0) follower.listener.change({ at: now(), changes });
}

function takeChange(follower: Follower, { at, changes, lagMs }: Fields): void {
  const values = (follower.values ??= new Map());
  const told = listIn(changes, (change) => {
    const { key: name, op, value, layer } = fieldsIn(change);
    const key = textIn(name);
    const before = values.get(key) ?? null;
    const after = op === 'delete' ? null : textIn(value);
    if (after === null) values.delete(key);
    else values.set(key, after);
    return { key, before, after, layer: textOrNull(layer), lagMs: lagIn(lagMs) };
  });
  follower.listener.change({ at: textIn(at), changes: told });
}

function takeState({ listener }: Follower, { since, layer, state }: Fields): void {
  listener.state({ at: textIn(since), layer: textIn(layer), state: textIn(state) });
}

function now(): string {
  return new Date().toISOString();
}
