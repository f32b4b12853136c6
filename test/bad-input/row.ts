import type { Config, ConfigOptions, DynamicProperty, ErrorCode, LayerSpec, Source } from '../../src/index.js';
import type { Lab } from './lab.js';

/** Stands in every bad input that has room for it. No error may show it. */
export const secret = 'hunter2-swordfish';

/**
 * What a bad input may move.
 *
 * - `nothing`: it is refused as a whole
 * - `text`: the text of a key is published, its typed property keeps the last good value
 * - `others`: something is published (that is what the row is about), the bystanders stay
 */
export type Moves = 'nothing' | 'text' | 'others';

/** One bad input, and what must be said of it. */
export interface Row {
  /** A sentence. */
  readonly name: string;
  readonly code: ErrorCode;
  /** Parts of the message: what was expected, what was found. */
  readonly says: readonly string[];
  /** A part of where it stands. */
  readonly origin?: string;
  readonly line?: number;
  readonly column?: number;
  /** Default: nothing. */
  readonly moves?: Moves;
  stage(lab: Lab): Stage | Promise<Stage>;
}

export interface Stage {
  /** Between the bystanders. The first one answers `subject` with `good`. */
  readonly layers: readonly (Source | LayerSpec)[];
  readonly options?: Partial<ConfigOptions>;
  /** Properties under test. Default: `subject` as a string. */
  readonly properties?: (config: Config) => readonly DynamicProperty<unknown>[];
  /** The layer whose state turns. Default: none does. */
  readonly turns?: string;
  /** The state it turns to. Default: stale. */
  readonly state?: 'stale' | 'failed' | 'loading';
  /** Hands the bad input in. What it throws is the error; else the error is reported. */
  readonly harm: (config: Config) => unknown;
  /** How many problems there are: each is reported once. Default: 1. */
  readonly reports?: number;
  /** Lets the bad input be met again. Default: everything is refreshed. */
  readonly again?: (config: Config) => unknown;
  /** Hands a good input in, after which `subject` is `healed`. */
  readonly heal: (config: Config) => unknown;
}
