/** What a reader knows from its last connection. The runtime opens another one after each failure. */
export interface Memento {
  /** The sidecar has answered in this run: what its snapshot on disk says is older. */
  reached?: boolean;
  /** The version of the last reading. If the layer holds another one, it has refused this. */
  said?: string;
  /** Where a stream can go on. */
  point?: Point | undefined;
  /** A stream was opened and never said a word: something on the way keeps it back. */
  muffled?: boolean;
  /** What was told of a snapshot on disk that cannot be used. */
  snapshotProblem?: string;
  /** Keys of which the user was told that they are secret. */
  readonly masked: Set<string>;
}

export interface Point {
  readonly revision: string;
  /** What the layer has to hold for it. */
  readonly version: string | undefined;
  /** Another one may show more. */
  readonly token: string | undefined;
}
