import type { Context, Snapshot, Source } from '../core/model.js';
import type { ContextualValue, StandardSchema, Widened } from '../core/types/index.js';
import type { Writable } from '../core/writable.js';
import type { ContextualProperty } from './api.js';
import type { ConfigEvents, EventOptions, KeyListener } from './audience.js';
import type { Bound, Specs } from './bind.js';
import type { PreviewedChange } from './changes.js';
import type { Explanation } from './explain.js';
import { TypedGetters } from './getters.js';
import type { Health } from './health.js';
import type { ListenOptions, Unsubscribe } from './listeners.js';
import type { LayerSpec } from './options.js';
import type { PreviewOptions } from './writing.js';

/** Where a layer goes: beside another, or at an end. */
export type LayerPosition =
  | 'top'
  | 'bottom'
  | { readonly above: string }
  | { readonly below: string }
  | { readonly top: true }
  | { readonly bottom: true };

export interface ReadyOptions {
  /** ms to wait for layers that have nothing yet. Default 3_000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a config was asked for so far. */
export interface Usage {
  /** Keys that were read and are set. */
  readonly read: readonly string[];
  /** Keys that were asked for and are set nowhere. */
  readonly missing: readonly string[];
  /** Keys that are set and nobody has asked for. */
  readonly unused: readonly string[];
}

export type OverrideValue = string | number | boolean | bigint;

/**
 * A cascade of layers behind live properties. Made by `createConfig`; `view()` gives one seen from below a prefix.
 *
 * Reading never throws and never waits. What goes wrong in a source is reported (`onError`, `on('error')`), and the
 * last good values stay.
 */
export abstract class Config extends TypedGetters {
  /** The deployment context, also readable as `@environment` and its like. */
  abstract readonly context: Context;
  /** Grows by one with each publish. */
  abstract readonly version: number;
  /** Names of the layers, highest priority first. */
  abstract readonly layers: readonly string[];

  /** The value of a key with its `${…}` filled in, or `undefined` when no layer has it. */
  abstract get(key: string): string | undefined;
  abstract has(key: string): boolean;
  /** The keys at or below a prefix (`'gateway'` and `'gateway.'` are the same), or all. */
  abstract keys(prefix?: string): string[];
  abstract entries(prefix?: string): [key: string, value: string][];
  /** Everything at this version. Copies nothing; later publishes do not show in it. */
  abstract snapshot(): Snapshot;

  /**
   * Resolves when every layer has a reading or has had its time.
   *
   * @throws ConfigError `CALUMMA_NOT_READY` naming the layers marked `required` that have nothing, and why
   */
  abstract ready(options?: ReadyOptions): Promise<Config>;
  /** Reads again now: one layer, or all. Resolves when it is done; failures are reported as ever. @throws ConfigError `CALUMMA_UNKNOWN_LAYER` */
  abstract refresh(layer?: string): Promise<void>;
  /** Stops everything. Properties keep their last values. May be called again. */
  abstract close(): Promise<void>;

  /** A Config seen below a prefix: `view('gateway').get('limit')` is `get('gateway.limit')`. */
  abstract view(prefix: string): Config;
  /**
   * A frozen object with a live getter for each spec.
   *
   * @example
   * const gateway = config.bind('gateway', { rate: int(100), hosts: list(string), timeout: duration('2s') });
   * gateway.rate; // a field read, always the value of now
   */
  abstract bind<S extends Specs>(prefix: string, specs: S): Bound<S>;
  /**
   * The tree below a prefix, validated as a whole by any Standard Schema and moved as a whole: a state the schema refuses
   * is reported, and the last good one stays.
   *
   * @throws ConfigError `CALUMMA_VALIDATION` if the present state is refused: there is no last good one yet
   */
  abstract bind<T extends object>(prefix: string, schema: StandardSchema<T>): Readonly<T>;
  /** Archaius' DynamicContextualProperty: a JSON list of `{ if: { dimension: [values] }, value }`. */
  abstract getContextualProperty<T extends ContextualValue>(name: string, defaultValue: T): ContextualProperty<Widened<T>>;

  /** Sets a key above all layers, in memory. @throws ConfigError `CALUMMA_OPTION` for `undefined`; use `clearOverride` */
  abstract override(key: string, value: OverrideValue): void;
  /** Takes an override away; what it hid appears again. */
  abstract clearOverride(key: string): void;
  abstract overrides(): Record<string, string>;
  /**
   * Runs `fn` with overrides, and puts back what was there before: for tests. Set in one publish, undone in one.
   *
   * @throws ConfigError `CALUMMA_OPTION` inside a listener, where a publish has to wait
   */
  abstract withOverrides<T>(record: Readonly<Record<string, OverrideValue>>, fn: () => T): T;

  /**
   * Adds a layer at run time: a change like any other. Default: at the bottom.
   *
   * @throws ConfigError `CALUMMA_DUPLICATE_LAYER`, `CALUMMA_UNKNOWN_LAYER`
   */
  abstract addLayer(source: Source | LayerSpec, position?: LayerPosition): void;
  /** Removes a layer at run time: what it hid appears again. @throws ConfigError `CALUMMA_UNKNOWN_LAYER` */
  abstract removeLayer(name: string): void;

  /** Names of the layers that can be written, highest priority first. */
  abstract readonly writables: readonly string[];
  /**
   * The store behind a layer. What is written there is published when its source has seen it, like an edit by anybody else.
   *
   * @param layer default: the highest layer that can be written
   * @throws ConfigError `CALUMMA_UNKNOWN_LAYER`; `CALUMMA_READ_ONLY` when the layer cannot be written, or none can
   * @example
   * const live = createConfig({ layers: [sqlite({ path: 'live.db', create: true })] });
   * await live.writable().set({ 'gateway.limit': 50 }, { author: 'ann', reason: 'traffic peak' });
   */
  abstract writable(layer?: string): Writable;
  /**
   * Which values would change if a layer had these entries, those that mention them included. Planned and checked as a reading of the
   * layer would be, guards too; nothing moves. Not for the disk or the store: what the store itself would refuse is not known here.
   *
   * @param options.layer  default: the highest that can be written
   * @param options.set    keys that would be set there.      Default: none
   * @param options.delete keys that would be removed there.  Default: none
   * @returns one change a key, without `origin`: it stands nowhere yet; `secret` where its values must not be shown
   * @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_UNKNOWN_LAYER`, `CALUMMA_READ_ONLY`, and what would refuse the reading: `CALUMMA_GUARD`,
   *   `CALUMMA_TOO_LARGE`
   * @example
   * config.preview({ layer: 'memory', set: { 'gateway.limit': 50 } }); // [{ key: 'gateway.limit', before: '5', after: '50', … }]
   */
  abstract preview(options: PreviewOptions): PreviewedChange[];

  /**
   * A text that stood under a key, or will, as it may be shown: `***` for a secret and for what mentions one, addresses without their
   * password.
   *
   * @example config.shown('db.password', 'hunter2'); // '***'
   */
  abstract shown(key: string, text: string): string;
  /** Why a value is what it is. Secrets are masked. @example console.log(String(config.explain('gateway.limit'))) */
  abstract explain(key: string): Explanation;
  /** What `get(key)` gives as it may be shown: `***` for a secret, and for a value filled from one; addresses without their password. */
  abstract masked(key: string): string | undefined;
  abstract usage(): Usage;
  abstract health(): Health;

  /**
   * `change`: one ChangeSet a publish; `error`: everything that is reported; `state`: a layer changes its state.
   *
   * @param options.prefix `change` only: what lies at or below it
   * @throws ConfigError `CALUMMA_OPTION` for an unknown event or a listener that is no function
   */
  abstract on<E extends keyof ConfigEvents>(event: E, listener: (value: ConfigEvents[E]) => unknown, options?: EventOptions): Unsubscribe;
  /** Calls `listener` for each change of a key, or of all below a prefix (`gateway.*`). */
  abstract onChange(pattern: string, listener: KeyListener, options?: ListenOptions): Unsubscribe;

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Config(${this.layers.join(' → ')}; version ${this.version})`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

