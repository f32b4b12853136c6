import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { ConfigError, FormatError } from '../../core/errors.js';
import type { FullReading, Reading, SourceHost } from '../../core/model.js';
import type { Format, IncrementalDocument, Position } from '../../formats/format.js';
import { decode } from '../files/content.js';
import type { Address } from './address.js';
import { formatOf } from './format.js';
import type { UrlSpec } from './options.js';
import { originOf, Problem } from './problem.js';
import type { Content } from './request.js';
import { absent, contentOf, type Stamp, stampOf, versionOf, writtenAt } from './stamp.js';

/** A reading on its way into the layer. */
interface Said {
  readonly reading: Reading;
  readonly content: string;
  /** What the next content can be compared with, once this one is held. */
  readonly held: () => IncrementalDocument | undefined;
}

type Finder = (key: string) => Position | undefined;

/** What a layer was told so far, so that it is told only what is new; lives longer than one reader. */
export class Told {
  readonly #spec: UrlSpec;
  /** The last word, until it is known to be what the layer holds. */
  #said: Said | undefined;
  /** The layer has this, and it can be followed. */
  #held: { readonly content: string; readonly document: IncrementalDocument } | undefined;
  /** The newest validators of the last content that was seen: a server may renew them while the content stays. */
  #latest: Stamp | undefined;
  /** Did not parse: it need not be tried again. */
  #broken: { readonly content: string; readonly error: unknown } | undefined;

  constructor(spec: UrlSpec) {
    this.#spec = spec;
  }

  /** Looks whether the layer has taken the last word. */
  settle(host: SourceHost): void {
    const said = this.#said;
    if (said === undefined || said.reading.version !== host.version) return;
    const document = said.held();
    this.#held = document && { content: said.content, document };
    this.#said = undefined;
  }

  /** Something was said that the layer refused: it thinks that this still stands, until it is told everything again. */
  get isRefused(): boolean {
    return this.#said !== undefined;
  }

  /** What to ask with. */
  stampFor(host: SourceHost): Stamp | undefined {
    const stamp = stampOf(host.version);
    return stamp !== undefined && stamp.content === this.#latest?.content ? this.#latest : stamp;
  }

  /**
   * The reading that a content makes; `undefined` if the layer has it already.
   *
   * @throws Problem, FormatError
   */
  async take(address: Address, found: Content, host: SourceHost, signal: AbortSignal): Promise<Reading | undefined> {
    const { encoding } = this.#spec;
    const format = formatOf(this.#spec, address, found);
    const content = contentOf(found.sha256, format.name, encoding);
    if (this.#broken?.content === content) throw this.#broken.error;
    const stamp = { ...found.stamp, content };
    this.#latest = stamp;
    if (!this.isRefused && stampOf(host.version)?.content === content) return undefined;
    const about = { version: versionOf(stamp), ...timed(writtenAt(found.lastModified, Date.now())) };
    // Of a patch that was refused, everything has to be said: the next one does not go on top of it.
    if (this.#said?.content === content && this.#said.reading.kind === 'full') return this.#say({ ...this.#said, reading: { ...this.#said.reading, ...about } });
    const locate = locatorOf(address, format, found.bytes, this.#spec);
    try {
      return this.#say(await this.#parsed(format, found.bytes, content, { ...about, locate }, signal));
    } catch (error) {
      signal.throwIfAborted();
      this.#broken = { content, error: unparsed(format, error) };
      throw this.#broken.error;
    }
  }

  /** Nothing is there, and that is fine. */
  takeAbsence(address: string, host: SourceHost): Reading | undefined {
    if (!this.isRefused && stampOf(host.version)?.content === absent) return undefined;
    const version = versionOf({ content: absent, address, modified: undefined, etag: undefined });
    return this.#say({ reading: { kind: 'full', entries: new Map(), version, locate: () => undefined }, content: absent, held: () => undefined });
  }

  #say(said: Said): Reading {
    this.#said = said;
    this.#broken = undefined;
    return said.reading;
  }

  async #parsed(format: Format, bytes: Buffer, content: string, about: Omit<FullReading, 'kind' | 'entries'>, signal: AbortSignal): Promise<Said> {
    const { encoding } = this.#spec;
    const { incremental } = format;
    if (incremental === undefined) {
      const entries = format.parse(decode(format.name, bytes, encoding));
      return { reading: { kind: 'full', entries, ...about }, content, held: () => undefined };
    }
    // Replacement characters in a value would be a silent error.
    if (encoding === 'utf8' && !isUtf8(bytes)) decode(format.name, bytes, encoding);
    const document = this.#followed(content);
    if (document === undefined) {
      const opened = await paced(incremental.open(bytes, encoding), signal);
      return { reading: { kind: 'full', entries: opened.entries, ...about }, content, held: () => opened };
    }
    const update = await paced(document.update(bytes), signal);
    const held = (): IncrementalDocument => {
      update.commit();
      return document;
    };
    return { reading: { kind: 'patch', set: update.set, remove: update.remove, ...about }, content, held };
  }

  /** The document that the layer holds, if the next one of this format can be compared with it. */
  #followed(content: string): IncrementalDocument | undefined {
    const held = this.#held;
    return !this.isRefused && held !== undefined && readAs(held.content) === readAs(content) ? held.document : undefined;
  }
}

/** A parser's own words may quote what was read; ours do not. */
function unparsed(format: Format, error: unknown): unknown {
  if (error instanceof FormatError) return error;
  if (error instanceof ConfigError) return new Problem(error.message, { code: error.code, cause: error });
  return new Problem(`expected what the format ${format.name} reads, found that it broke off`, { cause: error });
}

/** `properties`, `properties:latin1`. */
function readAs(content: string): string {
  return content.split(':').slice(2).join(':');
}

function timed(time: number | undefined): { writtenAt?: number } {
  return time === undefined ? {} : { writtenAt: time };
}

/** Finds lines when somebody asks, and keeps the text only while somebody goes on asking. */
function locatorOf(address: Address, format: Format, bytes: Buffer, { encoding }: UrlSpec): (key: string) => string | undefined {
  const origin = originOf(address);
  if (format.locate === undefined) return () => origin;
  let kept: WeakRef<Finder> | undefined;
  return (key) => {
    const finder = kept?.deref() ?? finderIn(format, decode(format.name, bytes, encoding));
    kept = new WeakRef(finder);
    const position = finder(key);
    return position && `${origin}:${position.line}`;
  };
}

function finderIn(format: Format, text: string): Finder {
  return format.locator?.(text) ?? ((key) => format.locate?.(text, key));
}

/** Runs a computation to its end, letting the event loop turn between its slices. */
async function paced<T>(slices: Generator<void, T, void>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
    await nextTurn();
    signal.throwIfAborted();
  }
}

