/**
 * Calumma: dynamic configuration. A cascade of sources, merged by a visible priority into live, typed properties.
 */
export { createConfig } from './runtime/live-config.js';
export type { Config, LayerPosition, OverrideValue, ReadyOptions, Usage } from './runtime/config.js';
export type { ConfigOptions, LayerSpec } from './runtime/options.js';
export type { ChangeListener, ContextualProperty, DynamicProperty, PropertyListenOptions } from './runtime/api.js';
export type { ConfigEvents, EventOptions, KeyListener, StateChange } from './runtime/audience.js';
export type { Bound, Specs } from './runtime/bind.js';
export type { Explanation, Holding } from './runtime/explain.js';
export type { Health, LayerHealth } from './runtime/health.js';
export type { ListenOptions, Unsubscribe } from './runtime/listeners.js';
export type { Guard } from './runtime/publisher.js';
