/**
 * Calumma: dynamic configuration. A cascade of sources, merged by a visible priority into live, typed properties.
 */
export { createConfig } from './default/create.js';
export { Config } from './runtime/config.js';
export type { LayerPosition, OverrideValue, ReadyOptions, Usage } from './runtime/config.js';
export type { CacheOptions, ConfigOptions, LayerSpec } from './runtime/options.js';
export type { ChangeListener, ContextualProperty, DynamicProperty, PropertyListenOptions } from './runtime/api.js';
export type { ConfigEvents, EventOptions, KeyListener, StateChange } from './runtime/audience.js';
export type { Bound, Specs } from './runtime/bind.js';
export type { Explanation, Holding } from './runtime/explain.js';
export type { Health, LayerHealth } from './runtime/health.js';
export type { ListenOptions, Unsubscribe } from './runtime/listeners.js';
export type { Guard } from './runtime/publisher.js';
export type { PreviewedChange } from './runtime/changes.js';
export type { PreviewOptions } from './runtime/writing.js';

export { nearest } from './core/nearest.js';
export { standardOptions } from './default/standard.js';
export { configure, defaultConfig, resetDefaultConfig } from './default/instance.js';
export * from './default/functions.js';
export { configFromFile, describesSame, readDescription, type ConfigFromFileOptions, type Description } from './default/description.js';
export type { OutputFormat, OutputSpec, SignalSpec } from './default/description-outputs.js';
export type { SidecarSpec, SidecarTls } from './default/description-sidecar.js';

export { args, type ArgsOptions } from './sources/args.js';
export { env, type EnvOptions } from './sources/env.js';
export { values, type ValuesOptions } from './sources/values.js';
export { memory, type MemoryOptions, type MemorySource } from './sources/memory.js';
export { file } from './sources/files/file.js';
export { files } from './sources/files/files.js';
export { directory } from './sources/files/directory.js';
export { url, type HeaderValues, type UrlHeaders, type UrlOptions, type UrlTls } from './sources/url/url.js';
export { sidecar, type SidecarSourceOptions } from './sources/sidecar/sidecar.js';
export { once, polled, pushed } from './sources/lift.js';
export { cached, type CachedOptions } from './sources/cache/index.js';

export { registerFormat } from './formats/registry.js';
export type { Format, Position } from './formats/format.js';
export { render, type RenderFormat, renderFormats } from './formats/render/render.js';
export { environmentOf } from './formats/render/environment.js';
export {
  bigint, boolean, bytes, date, duration, href, int, json, list, map, number, oneOf, set, string,
} from './core/types/index.js';
export type { ElementParser, JsonValue, Rule, Spec, StandardSchema, TypeBuilder, TypeSpec, ValueType } from './core/types/index.js';
export {
  ConfigError, ConversionError, DescriptionError, type ErrorCode, errorCodes, FormatError, InterpolationError, MissingKeyError, SourceError,
} from './core/errors.js';
export { isWritable, type HistoryEntry, type Writable, type WriteEntries, type WriteOptions, type Written } from './core/writable.js';
export { atOrUnder } from './core/prefix.js';
export { isLaterVersion, planRollback, rollbackOf, type RollbackPlan } from './core/rollback.js';
export type { EntriesInput, EntryValue } from './core/entries.js';
export type { MassRemoval } from './runtime/loss.js';
export type {
  Cause, Change, ChangeSet, Context, FullReading, LayerState, Memory, PatchReading, Reading, RememberedReading, Snapshot, Source, SourceHost,
} from './core/model.js';
