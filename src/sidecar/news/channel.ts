import type { StateChange } from '../../index.js';
import { changeMessage, idLine, snapshotMessage, stateMessage } from '../answers/messages.js';
import type { Commit, Follower, Namespace } from '../held/namespace.js';
import { revisionsOf, wordOf } from '../held/revisions.js';
import type { Stream } from './stream.js';
import type { View } from '../held/view.js';

/** What all clients of a channel get the same. */
export interface Interest {
  readonly namespaces: readonly Namespace[];
  readonly prefix: string;
  readonly reveal: boolean;
}

/** The clients who get the same messages: each message is put together once for all of them. */
export class Channel implements Follower {
  readonly #interest: Interest;
  readonly #streams = new Set<Stream>();
  /** Those who are too slow for what comes, with the revisions that they were told. */
  readonly #behind = new Map<Stream, readonly string[]>();
  readonly #messages = new WeakMap<Commit, string>();
  #whole: { readonly id: string; readonly message: WeakRef<Buffer> } | undefined;
  readonly #unfollow: readonly (() => void)[];

  constructor(interest: Interest) {
    this.#interest = interest;
    this.#unfollow = interest.namespaces.map((namespace) => namespace.follow(this));
  }

  get size(): number {
    return this.#streams.size;
  }

  /** The revisions that a client was told last. */
  told(stream: Stream): string {
    const { namespaces } = this.#interest;
    return wordOf(namespaces, this.#behind.get(stream));
  }

  /**
   * @param lastEventId what a client that was here before was told last
   * @param snapshot    whether one that is new gets everything first
   */
  join(stream: Stream, lastEventId: string | undefined, snapshot: boolean): void {
    const { namespaces } = this.#interest;
    this.#streams.add(stream);
    const told = lastEventId === undefined ? undefined : revisionsOf(namespaces, lastEventId);
    const missed = told === undefined && !snapshot ? this.#greeting() : told === undefined ? this.#everything() : this.#missed(told);
    stream.send(missed);
  }

  leave(stream: Stream): void {
    this.#streams.delete(stream);
    this.#behind.delete(stream);
  }

  close(): void {
    for (const end of this.#unfollow) end();
  }

  /** The client has taken all that was sent: it gets what was published meanwhile. */
  caughtUp(stream: Stream): void {
    const told = this.#behind.get(stream);
    if (told === undefined) return;
    this.#behind.delete(stream);
    stream.send(this.#missed(told));
  }

  committed(commit: Commit, namespace: Namespace): void {
    const text = this.#messageOf(commit, namespace);
    if (text !== '') this.#tell(text, (one) => (one === namespace ? commit.previous : one.revision));
  }

  stateChanged(change: StateChange, namespace: Namespace): void {
    this.#tell(stateMessage(namespace.name, change), (one) => one.revision);
  }

  /** A comment, and the id: what was published and does not show here need not be asked for again. */
  beat(): void {
    const message = this.#greeting();
    for (const stream of this.#streams) if (!stream.isBusy) stream.send(message);
  }

  expectProgress(stuckMs: number, now: number): void {
    for (const stream of this.#streams) stream.expectProgress(stuckMs, now);
  }

  /** @param before the revision of a namespace that those know who are not told now */
  #tell(text: string, before: (namespace: Namespace) => string): void {
    const { namespaces } = this.#interest;
    const message = Buffer.from(idLine(wordOf(namespaces)) + text);
    for (const stream of this.#streams) {
      if (!stream.isBusy) stream.send(message);
      else if (!this.#behind.has(stream)) this.#behind.set(stream, namespaces.map(before));
    }
  }

  #greeting(): Buffer {
    const { namespaces } = this.#interest;
    // How each of them stands: clients must not take for fresh what is not, also those that came after it had turned.
    return Buffer.from(`: here ${namespaces.map(({ stand }) => stand.source).join(' ')}\n${idLine(wordOf(namespaces))}\n`);
  }

  /** One buffer for all who join before the next publish: it may be 10 MB. */
  #everything(): Buffer {
    const { namespaces } = this.#interest;
    const id = wordOf(namespaces);
    const known = this.#whole?.id === id ? this.#whole.message.deref() : undefined;
    if (known !== undefined) return known;
    const message = joined(namespaces.flatMap((namespace) => [idLine(id), ...snapshotMessage(namespace, this.#view(namespace))]));
    this.#whole = { id, message: new WeakRef(message) };
    return message;
  }

  /** What was published after these revisions: the commits where they are still known and less than the whole, else the whole. */
  #missed(told: readonly (string | undefined)[]): Buffer {
    const { namespaces } = this.#interest;
    const revisions = [...told];
    const pieces: string[] = [];
    for (const [at, namespace] of namespaces.entries()) {
      const commits = namespace.ring.after(told[at] ?? '');
      if (commits === undefined) return this.#everything();
      for (const commit of commits) {
        revisions[at] = commit.revision;
        const text = this.#messageOf(commit, namespace);
        if (text !== '') pieces.push(idLine(wordOf(namespaces, revisions.map((one) => one ?? ''))), text);
      }
    }
    return pieces.length === 0 ? this.#greeting() : Buffer.from(pieces.join(''));
  }

  #view(namespace: Namespace): View {
    return namespace.view(this.#interest.prefix, this.#interest.reveal);
  }

  #messageOf(commit: Commit, namespace: Namespace): string {
    const known = this.#messages.get(commit);
    if (known !== undefined) return known;
    const text = changeMessage(namespace.name, commit, this.#view(namespace)) ?? '';
    this.#messages.set(commit, text);
    return text;
  }
}

function joined(pieces: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}
