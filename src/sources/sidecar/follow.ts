import type { Reading, SourceHost } from '../../core/model.js';
import { mostWaiting, weightOf } from '../../core/weight.js';
import { jittered, pause } from '../pause.js';
import { Mailbox } from '../mailbox.js';
import { Problem } from '../url/problem.js';
import { errorAt, isNoStream, maskedError, refusal } from './errors.js';
import type { Memento } from './memento.js';
import { isLiveBeat, newsIn, wholeIn, type News, type Whole } from './messages.js';
import type { SidecarSpec } from './options.js';
import { ask, open, type Answer, type Call, type Opened } from './request.js';
import { snapshotIn } from './snapshot.js';
import { listen, Silence } from './stream.js';
import { tagIn, versionOf } from './version.js';

/** ms that the sidecar holds a question back until there is news: less than the deadline of a layer, and than what proxies allow. */
const waitMs = 8_000;

/** ms between two questions to a sidecar that answers at once, though there is no news; */
const restMs = 1_000;

/** and to something that knows no tags, so that it cannot wait. */
const pollMs = 5_000;

/** Secret keys that are remembered as told; there is no end to what a server may make up. */
const mostMasked = 10_000;

/**
 * The readings of one connection:
 *
 *   may go on where it was? ─no→ everything, or 304 ─┐
 *            └────────────yes────────────────────────┴→ stream ─refused→ ask, and wait for the answer, again and again
 *
 * @throws ConfigError when the connection is lost, or there is none; the runtime opens another one
 */
export async function* followSidecar(spec: SidecarSpec, memento: Memento, signal: AbortSignal, host: SourceHost): AsyncGenerator<Reading> {
  const isAborted = (): boolean => signal.aborted; // a function: it changes while we wait
  if (isAborted()) return;
  const address = spec.address();
  try {
    yield* new Visit(spec, memento, await spec.token(signal), address, signal, host).readings();
  } catch (thrown) {
    if (isAborted()) return;
    const remembered = memento.reached === true ? undefined : await snapshotIn(spec, memento, host);
    if (isAborted()) return;
    if (remembered !== undefined) yield remembered;
    throw errorAt(spec.name, address, thrown);
  }
}

/** One connection after another to a sidecar that answers. */
class Visit {
  readonly #spec: SidecarSpec;
  readonly #memento: Memento;
  readonly #call: Call;
  readonly #signal: AbortSignal;
  readonly #host: SourceHost;
  /** Where its keys stand: `sidecar:http://127.0.0.1:8078/default`. */
  readonly #place: string;
  readonly #prefix: readonly string[];
  /** Weight of the changes that wait for the layer. */
  #waiting = 0;
  /** The entity tag of the last answer. */
  #tag: string | undefined;
  /** The sidecar is in touch with all of its own sources. */
  #isLive = true;

  constructor(spec: SidecarSpec, memento: Memento, token: string | undefined, address: Call['address'], signal: AbortSignal, host: SourceHost) {
    this.#spec = spec;
    this.#memento = memento;
    this.#signal = signal;
    this.#host = host;
    this.#place = `sidecar:${address.shown}/${spec.config}`;
    this.#prefix = spec.prefix === '' ? [] : [`prefix=${encodeURIComponent(spec.prefix)}`];
    // JSON has six characters for one that is not printable.
    this.#call = { address, token, path: '', patienceMs: spec.timeoutMs, maxChars: 16 * 1024 * 1024 + 6 * host.maxBytes };
  }

  async *readings(): AsyncGenerator<Reading> {
    let revision = this.#goesOnAt();
    if (revision === undefined) {
      const reading = await this.#whatIsThere(this.#knownTag());
      if (reading !== undefined) yield reading;
      this.#host.confirm();
      revision = this.#memento.point?.revision;
    }
    const stream = await this.#stream(revision);
    if (stream === undefined) yield* this.#asking();
    else yield* this.#streamed(stream);
  }

  /** The revision that the layer holds, if nothing else can have come between. */
  #goesOnAt(): string | undefined {
    const { point } = this.#memento;
    const { version } = this.#host;
    return point !== undefined && version !== undefined && point.version === version && point.token === this.#call.token ? point.revision : undefined;
  }

  /** What to ask with. What the layer has refused is asked for again: only a reading tells it that what it holds is right again. */
  #knownTag(): string | undefined {
    const { said } = this.#memento;
    return said === undefined || said === this.#host.version ? tagIn(this.#host.version) : undefined;
  }

  /** @returns `undefined` if the layer has it already */
  async #whatIsThere(tag: string | undefined, wait = 0): Promise<Reading | undefined> {
    const query = [...this.#prefix, ...(wait === 0 ? [] : [`wait=${wait}ms`])].join('&');
    const answer = await ask(
      this.#spec,
      {
        ...this.#call,
        path: `/v1/config/${encodeURIComponent(this.#spec.config)}${query === '' ? '' : `?${query}`}`,
        headers: { accept: 'application/json', ...(tag !== undefined && { 'if-none-match': tag }) },
        patienceMs: this.#call.patienceMs + wait,
      },
      this.#signal,
    );
    return this.#taken(answer, tag);
  }

  #taken(answer: Answer, tag: string | undefined): Reading | undefined {
    const { status, headers, text } = answer;
    // Who has asked without a tag holds nothing that could be the same.
    if (status !== 200 && (status !== 304 || tag === undefined)) throw refusal(answer, this.#spec);
    this.#memento.reached = true;
    this.#tag = textOf(headers.etag);
    if (status === 200) return this.#whole(wholeIn(text), this.#tag);
    this.#isLive = headers['x-config-source'] === 'live';
    this.#goOnFrom(textOf(headers['x-config-revision']), this.#host.version);
    return undefined;
  }

  #whole({ revision, isLive, entries, masked }: Whole, tag?: string): Reading {
    this.#isLive = isLive;
    this.#tellMasked(masked);
    const version = versionOf(revision, tag);
    this.#goOnFrom(revision, version);
    this.#memento.said = version;
    return { kind: 'full', entries, version, locate: this.#locate };
  }

  #patch({ revision, set, remove, writtenAt, masked }: News): Reading {
    this.#tellMasked(masked);
    this.#goOnFrom(revision, revision);
    this.#memento.said = revision;
    return { kind: 'patch', set, remove, writtenAt, version: revision, locate: this.#locate };
  }

  #goOnFrom(revision: string | undefined, version: string | undefined): void {
    this.#memento.point = revision === undefined ? undefined : { revision, version, token: this.#call.token };
  }

  readonly #locate = (key: string): string => `${this.#place}/${key}`;

  /** What a sidecar says that is out of touch itself is nothing fresh: the age of the layer tells. */
  #confirm(): void {
    if (this.#isLive) this.#host.confirm();
  }

  #tellMasked(masked: readonly string[]): void {
    const news = masked.filter((key) => !this.#memento.masked.has(key));
    if (news.length === 0 || this.#memento.masked.size > mostMasked) return;
    for (const key of news) this.#memento.masked.add(key);
    this.#host.warn(maskedError(this.#spec.name, this.#place, news));
  }

  /** A stream of what comes after a revision; `undefined` where none comes through. */
  async #stream(revision: string | undefined): Promise<Opened | undefined> {
    if (this.#memento.muffled === true) return undefined;
    const path = `/v1/watch?${[`ns=${encodeURIComponent(this.#spec.config)}`, ...this.#prefix].join('&')}`;
    const headers = { accept: 'text/event-stream', ...(revision !== undefined && { 'last-event-id': revision }) };
    const opened = await open(this.#spec, { ...this.#call, path, headers }, this.#signal);
    const { statusCode: status = 0, headers: said } = opened.response;
    if (status === 200 && /^text\/event-stream\b/i.test(said['content-type'] ?? '')) return opened;
    opened.response.destroy();
    if (isNoStream(status)) return undefined;
    throw refusal({ status, headers: said, text: '' }, this.#spec);
  }

  async *#streamed(opened: Opened): AsyncGenerator<Reading> {
    const mailbox = new Mailbox();
    let isHeard = false;
    const listening = listen(opened, {
      silenceMs: this.#spec.silenceMs,
      maxChars: this.#call.maxChars,
      event: (name, data) => {
        isHeard = true;
        this.#event(name, data, mailbox);
      },
      beat: (comment) => {
        isHeard = true;
        this.#isLive = isLiveBeat(comment);
        this.#confirm();
      },
    });
    listening.catch((error: unknown) => {
      // Open all the time, and not even the first word has come through: next time it is asked instead.
      if (!isHeard && error instanceof Silence) this.#memento.muffled = true;
      mailbox.fail(error);
    });
    try {
      yield* mailbox.readings(this.#signal);
    } finally {
      opened.response.destroy();
    }
  }

  #event(name: string | undefined, data: string, mailbox: Mailbox): void {
    this.#memento.reached = true;
    if (name === 'change') mailbox.put(this.#expectedBy(mailbox, this.#patch(newsIn(data))));
    if (name === 'snapshot') mailbox.put(this.#whole(wholeIn(data)));
  }

  #expectedBy(mailbox: Mailbox, reading: Reading): Reading {
    this.#waiting = (mailbox.isEmpty ? 0 : this.#waiting) + weightOf(reading);
    const most = mostWaiting(this.#host.maxBytes);
    if (this.#waiting > most) throw new Problem(`expected changes of at most ${most} bytes before the layer takes them, found more`, { code: 'CALUMMA_TOO_LARGE' });
    return reading;
  }

  /** Long poll. */
  async *#asking(): AsyncGenerator<Reading> {
    while (!this.#signal.aborted) {
      const since = performance.now();
      const reading = await this.#whatIsThere(this.#tag, this.#tag === undefined ? 0 : waitMs);
      if (reading !== undefined) yield reading;
      else this.#confirm();
      const atOnce = performance.now() - since < restMs;
      if (this.#tag === undefined) await pause(jittered(pollMs), this.#signal);
      else if (reading === undefined && atOnce) await pause(jittered(restMs), this.#signal);
    }
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
