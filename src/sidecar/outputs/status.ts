import type { ConfigError } from '../../index.js';

/** How an output is doing, for `/v1/status`. */
export interface OutputStatus {
  readonly to: string;
  readonly config: string;
  /** `waiting`: nothing to write, or not yet; `written`: the files are what the config says; `failed`: they are older than that. */
  readonly state: 'waiting' | 'written' | 'failed';
  readonly since: Date;
  /** Folder in `<to>/v` that `current` leads to. */
  readonly version?: string;
  readonly keys?: number;
  /** Keys that are left out because they are secrets. */
  readonly leftOut?: number;
  /** Layers that it waits for. */
  readonly waitsFor?: readonly string[];
  readonly error?: string;
}

/** What happened to an output, to be told to people. */
export type OutputEvent =
  | { readonly kind: 'written'; readonly to: string; readonly version: string; readonly keys: number; readonly ms: number }
  | { readonly kind: 'told'; readonly to: string }
  | { readonly kind: 'secrets'; readonly to: string; readonly keys: readonly string[] }
  | { readonly kind: 'waiting'; readonly to: string; readonly layers: readonly string[] }
  | { readonly kind: 'failed'; readonly to: string; readonly error: ConfigError };

export type Tell = (event: OutputEvent) => void;
