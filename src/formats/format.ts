/** A place in a text, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Text → entries. Pure: no I/O, no state between calls. */
export interface Format {
  /** What `format:` options call it: `yaml`. */
  readonly name: string;
  /** With the dot: `['.yaml', '.yml']`. */
  readonly extensions: readonly string[];
  readonly mediaTypes?: readonly string[];
  /**
   * Values are the text as it stands in the source: `010` stays `010`.
   *
   * @throws FormatError with line and column; its message never quotes values, which may be secrets
   */
  parse(text: string): ReadonlyMap<string, string>;
  /** Where the entry that wins under `key` stands; called only when somebody asks. */
  locate?(text: string, key: string): Position | undefined;
  /** As `locate`, for who asks for many keys of one text: it is read once, when the first key is asked for. */
  locator?(text: string): (key: string) => Position | undefined;
  /** Formats that can follow a changed text at the cost of the change. */
  readonly incremental?: IncrementalFormat;
}

export interface IncrementalFormat {
  /**
   * Parses bytes, holding on to what {@link IncrementalDocument.update} needs; the bytes must not change afterwards.
   * A generator, so that a long parse can be done in slices.
   */
  open(bytes: Buffer, encoding: TextEncoding): Generator<void, IncrementalDocument, void>;
}

/** A parsed text that can move to its next version. */
export interface IncrementalDocument {
  /** The document's own map, not a copy: {@link DocumentUpdate.commit} changes it in place. Whoever keeps it, copies it. */
  readonly entries: ReadonlyMap<string, string>;
  locate(key: string): Position | undefined;
  /**
   * What `bytes` changed: the patch from this document to the next. The document itself does not change,
   * so that a patch that is refused leaves nothing behind.
   * A generator: it yields whenever it has worked for some milliseconds, and a caller in a hurry ignores that.
   *
   * @throws FormatError and leaves the document as it was
   */
  update(bytes: Buffer): Generator<void, DocumentUpdate, void>;
}

export interface DocumentUpdate {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: ReadonlySet<string>;
  /** Makes the document the new version. Cost: the size of the change. */
  commit(): void;
}

/** `latin1` is what `java.util.Properties` read from a stream; everything else is UTF-8. */
export type TextEncoding = 'utf8' | 'latin1';
