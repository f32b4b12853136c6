import type { DynamicProperty } from '../runtime/api.js';
import type { Config } from '../runtime/config.js';
import { defaultConfig, subscribeToDefault } from './instance.js';

type Methods = { [K in keyof Config]: Config[K] extends (...args: never[]) => unknown ? K : never }[keyof Config];

/** A method of whatever config is the default when it is called. */
function ofDefault<K extends Methods>(name: K): Config[K] {
  const call = (...args: unknown[]): unknown => {
    const config = defaultConfig();
    return (config[name] as (...args: unknown[]) => unknown).apply(config, args);
  };
  return call as Config[K];
}

// The getters of scalars are written out: programs that look a property up on each request call them on the hot path.

/** {@link Config.getStringProperty} of the default config. @example getStringProperty('some.property', 'default').get(); */
export function getStringProperty(name: string, defaultValue: string): DynamicProperty<string> {
  return defaultConfig().getStringProperty(name, defaultValue);
}

export function getBooleanProperty(name: string, defaultValue: boolean): DynamicProperty<boolean> {
  return defaultConfig().getBooleanProperty(name, defaultValue);
}

export function getIntProperty(name: string, defaultValue: number): DynamicProperty<number> {
  return defaultConfig().getIntProperty(name, defaultValue);
}

export function getNumberProperty(name: string, defaultValue: number): DynamicProperty<number> {
  return defaultConfig().getNumberProperty(name, defaultValue);
}

export function getDurationProperty(name: string, defaultValue: number | string): DynamicProperty<number> {
  return defaultConfig().getDurationProperty(name, defaultValue);
}

export const getBigIntProperty = ofDefault('getBigIntProperty');
export const getBytesProperty = ofDefault('getBytesProperty');
export const getDateProperty = ofDefault('getDateProperty');
export const getUrlProperty = ofDefault('getUrlProperty');
export const getEnumProperty = ofDefault('getEnumProperty');
export const getListProperty = ofDefault('getListProperty');
export const getSetProperty = ofDefault('getSetProperty');
export const getMapProperty = ofDefault('getMapProperty');
export const getJsonProperty = ofDefault('getJsonProperty');
export const getProperty = ofDefault('getProperty');
export const getChainedProperty = ofDefault('getChainedProperty');
export const getContextualProperty = ofDefault('getContextualProperty');

export const get = ofDefault('get');
export const has = ofDefault('has');
export const keys = ofDefault('keys');
export const entries = ofDefault('entries');
export const snapshot = ofDefault('snapshot');
export const view = ofDefault('view');
export const bind = ofDefault('bind');
export const override = ofDefault('override');
export const clearOverride = ofDefault('clearOverride');
export const overrides = ofDefault('overrides');
export const withOverrides = ofDefault('withOverrides');
export const addLayer = ofDefault('addLayer');
export const removeLayer = ofDefault('removeLayer');
export const usage = ofDefault('usage');
export const explain = ofDefault('explain');
export const health = ofDefault('health');
export const ready = ofDefault('ready');
export const refresh = ofDefault('refresh');

/** {@link Config.on} of the default config; the subscription goes along when `configure` replaces it. */
export const on: Config['on'] = (event, listener, options) =>
  subscribeToDefault((config) => config.on(event, listener, options), options?.signal);

/** {@link Config.onChange} of the default config; the subscription goes along when `configure` replaces it. */
export const onChange: Config['onChange'] = (pattern, listener, options) =>
  subscribeToDefault((config) => config.onChange(pattern, listener, options), options?.signal);
