import { addressOf } from './address.js';

/** Which cascade the user means. */
export interface ConfigChoice {
  /** Path of a description such as `calumma.yaml`. */
  readonly config?: string;
  /** One of several configs. */
  readonly namespace?: string;
}

/** Where the user wants a command to look. */
export interface AccessChoice extends ConfigChoice {
  /** Address of a sidecar. */
  readonly sidecar?: string;
}

/** What is set under one key; what must not be shown is `***`. */
export interface Row {
  readonly key: string;
  readonly value: string;
  readonly secret: boolean;
  readonly layer: string | null;
  readonly origin: string | null;
  /** Only the environment has it: most likely not meant for this program. */
  readonly ambient: boolean;
}

/** What one layer has to say of a key. */
export interface Holder {
  readonly layer: string;
  readonly raw: string;
  readonly origin?: string | undefined;
  readonly since?: string | undefined;
  readonly staleSince?: string | undefined;
}

/** Why a value is what it is, as JSON has it. */
export interface Explained {
  readonly key: string;
  readonly value: string | null;
  readonly secret: boolean;
  readonly winner: Holder | null;
  readonly hidden: readonly Holder[];
  readonly unread: readonly string[];
  readonly interpolation: readonly { readonly expression: string; readonly value?: string | undefined; readonly depth: number }[];
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

export interface KeyChange {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly layer: string | null;
}

/** One publish, as it may be shown. */
export interface News {
  readonly at: string;
  readonly changes: readonly (KeyChange & { readonly lagMs: number | null })[];
}

/** A layer, or the way to the sidecar, went from one state to another. */
export interface StateNews {
  readonly at: string;
  readonly layer: string;
  readonly state: string;
}

export interface Listener {
  /** What changes from now on is told. */
  ready(): void;
  change(news: News): void;
  state(news: StateNews): void;
}

export interface Edit {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: ReadonlySet<string>;
  readonly layer?: string | undefined;
}

export interface Signature {
  readonly author: string;
  readonly reason: string;
}

export interface Preview {
  readonly layer: string | null;
  readonly changes: readonly Omit<KeyChange, 'layer'>[];
  /** Keys of the edit that a higher layer has too. */
  readonly hidden: readonly { readonly key: string; readonly by: string }[];
}

export interface Done {
  readonly layer: string;
  readonly version: string;
}

export interface HistoryLine {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly version: string;
  readonly author: string;
  readonly reason: string;
  readonly at: string;
}

export interface HistoryQuery {
  readonly layer?: string | undefined;
  readonly key?: string | undefined;
  readonly limit: number;
}

/** A cascade that a command asks: one of its own, or that of a sidecar. Everything but `get` may be shown: secrets are masked. */
export interface Access {
  /** @throws Failure when the value may not be told */
  get(key: string): Promise<string | undefined>;
  keys(): Promise<readonly string[]>;
  list(prefix: string): Promise<readonly Row[]>;
  explain(key: string): Promise<Explained>;
  /** Tells what changes at or below a prefix, until `signal` aborts. */
  watch(prefix: string, listener: Listener, signal: AbortSignal): Promise<void>;
  preview(edit: Edit): Promise<Preview>;
  write(edit: Edit, signature: Signature, expectedVersion?: string): Promise<Done>;
  history(query: HistoryQuery): Promise<readonly HistoryLine[]>;
  /** What would put back everything that was written after a version. */
  previewRollback(version: string, layer?: string): Promise<Preview>;
  rollback(version: string, signature: Signature, layer?: string): Promise<Done>;
  close(): Promise<void>;
}

/** Lends the cascade the user means to `use`, and closes it. What is not needed is not loaded: a sidecar is asked without the library. */
export async function withAccess(choice: AccessChoice, use: (access: Access) => Promise<void>): Promise<void> {
  const access = await open(choice);
  try {
    await use(access);
  } finally {
    await access.close();
  }
}

async function open(choice: AccessChoice): Promise<Access> {
  const address = addressOf(choice, process.env);
  if (address === undefined) return (await import('./local.js')).openLocal(choice);
  return (await import('./remote.js')).openRemote(address, choice.namespace);
}
